"""Backpropagation: the chain rule on the graph of a small network, one node and one edge at a time.

Source: Rumelhart, Hinton and Williams (1986), Learning representations by back-propagating errors, Nature 323.
"""

import math
from typing import Literal

import torch
from torch import Tensor

from models.core import (
    Challenge,
    Choices,
    Column,
    Equation,
    Graph,
    Lab,
    LabConfig,
    Metric,
    Metrics,
    Node,
    Preset,
    Refused,
    Solution,
    Summary,
    Table,
    action,
    live,
    probe,
    setting,
    view,
)  # fmt: skip
from models.modules import chain_rule, expressions
from models.modules.expressions import Activation, Name

RIGHT = (0.02, 0.0006)
"""A typed gradient is right within 2 %, or within 0.0006: two digits are enough."""
MOST = 100.0


class Backpropagation(Lab):
    """Values go forwards through the graph, gradients come back over its edges, and the parameters move."""

    title = "Backpropagation"
    metrics = [Metric("loss", "Loss of this example", better="low")]
    max_steps, steps_per_second, examples_per_step = 2_000, 1, 0

    # fmt: off
    class Config(LabConfig):
        graph: Name = setting("shared", label="Graph", options=expressions.WORDS, help="What is differentiated.")
        units: int = setting(2, ge=1, le=3, label="Units", when={"graph": ["network", "chain"]},
                             help="The width of the hidden layer, or the length of the chain.")
        activation: Activation = setting("tanh", options=expressions.ACTIVATIONS, label="Activation g",
                                         when={"graph": ["shared", "network", "chain"]},
                                         help="Its slope is a factor of every path through the unit.")
        begin: Literal["forward", "backward"] = setting("backward", label="Begins", advanced=True, options={
            "forward": "with the forward pass", "backward": "with the values there"}, help="Where it starts.")
        weights: Literal["round", "random"] = setting("round", label="First weights", advanced=True, options={
            "round": "round numbers", "random": "drawn from N(0, 1)"}, help="Round numbers can be followed on paper.")
        learning_rate: float = live(0.2, gt=0, le=20, scale="log", group="Training", label="Learning rate η",
                                    help="How far a parameter moves against its gradient.")
        stride: Literal["edge", "node", "phase", "update"] = live("edge", group="Training", label="A step is", options={
            "edge": "one edge", "node": "one node", "phase": "one phase", "update": "one whole update"},
            help="How far a step goes.")
        reveal: Literal["computed", "typed"] = live("computed", group="Training", label="Gradients", options={
            "computed": "are shown", "typed": "are typed by you"}, help="Hide them, and work them out yourself.")

        def summary(self) -> Summary:
            count = expressions.parameters(self.graph, self.units)
            row = {"layer": expressions.WORDS[self.graph], "shape": "", "parameters": count}
            return Summary(rows=[row], parameters=count)

    presets = [
        Preset("Two paths meet", "Multiply along paths, add across them."),
        Preset("A hidden layer", "Every weight has one path to the loss, x has two.", graph="network"),
        Preset("Train it", "One whole update a step.", graph="network", units=3, stride="update", learning_rate=0.1),
        Preset("Fit a formula", "Any formula is a graph.", graph="formula"),
        Preset("Break it: a saturated chain", "Three slopes of σ, each at most ¼, are multiplied: little is left.",
               graph="chain", units=3, activation="sigmoid"),
        Preset("Break it: too large a rate", "The update leaps over the valley.", graph="formula", learning_rate=2.0,
               stride="update"),
        Preset("Work them out", "Type five gradients.", reveal="typed"),
    ]
    challenges = [
        Challenge("five-right", "Hide the gradients and type five of them right.", fixed={"reveal": "typed"},
                  passed=lambda lab, metrics: len(lab.right) >= 5,
                  solution=Solution({"reveal": "typed"}, 40, [
                      (0, "type_in", {"id": id, "what": "gradient", "value": value}) for id, value in
                      {"L": 1.0, "e": 1.22, "o1": 1.22, "t": -1.22, "w2": -0.81}.items()])),
        Challenge("vanish", "Keep the loss above 0.1, but type a weight so that ∂L/∂w₁ is nearly 0.",
                  fixed={"graph": "shared", "activation": "tanh", "begin": "backward", "weights": "round"},
                  passed=lambda lab, metrics: lab.forward()["L"] > 0.1 and abs(lab.exact()["w1"]) < 1e-3,
                  solution=Solution({}, 30, [(0, "type_in", {"id": "w1", "what": "value", "value": 9.0})])),
    ]
    # fmt: on

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        expression = self.expression()
        first = expression.first
        if config.weights == "random":
            first = dict(zip(first, torch.randn(len(first), generator=generator).tolist(), strict=True))
        self.values: dict[str, float | None] = dict.fromkeys(expression.graph.nodes)
        self.gradients_: dict[str, float | None] = dict.fromkeys(expression.graph.nodes)
        self.values |= first
        self.example = self.cursor = 0
        self.updates = 0
        self.phase = "forward"
        self.last: list = []  # the last move: [phase, node, argument, before, after]
        self.typed: dict[str, float] = {}  # gradients typed at these values
        self.right: list[str] = []  # which were right, as "update: node"
        self.take_example()
        self.paced()
        if config.begin == "backward":
            self.to_backward()

    # ------------------------------------------------------------------ what is there

    def expression(self) -> expressions.Expression:
        """The graph, and what it is trained on."""
        return expressions.build(self.config.graph, self.config.units, self.config.activation)

    def forward(self) -> dict[str, float]:
        """All values at the present parameters and example."""
        return self.expression().graph.forward(self.values)

    def exact(self) -> dict[str, float]:
        """All gradients at these values."""
        graph = self.expression().graph
        return graph.backward(graph.forward(self.values))

    @property
    def complete(self) -> bool:
        """Whether every value is known."""
        return None not in self.values.values()

    def parameter_count(self) -> int:
        return len(self.expression().graph.parameters)

    def gradients(self) -> list[Tensor]:
        graph = self.expression().graph
        known = [self.gradients_[id] for id in graph.parameters]
        return [torch.tensor([g for g in known if g is not None])] if self.phase == "update" else []

    # ------------------------------------------------------------------ moves

    def paced(self) -> None:
        """How many steps an update and an epoch have at this stride."""
        graph = self.expression().graph
        nodes = 2 * len(graph.operations) + len(graph.parameters)
        moves = len(graph.operations) + len(graph.edges) + len(graph.parameters)
        steps = {"edge": moves, "node": nodes, "phase": 3, "update": 1}[self.config.stride]
        self.evaluate_every = steps
        self.steps_per_epoch = steps * len(self.expression().examples())

    def tuned(self, before: Config) -> None:
        self.paced()

    def take_example(self) -> None:
        """The next x and its t; nothing else is known yet."""
        expression = self.expression()
        x, t = expression.examples()[self.example]
        given = {"x": x, "t": t}
        self.values |= {id: given.get(id, self.values[id]) for id in self.values}
        self.values |= dict.fromkeys(expression.graph.operations)
        self.gradients_ = dict.fromkeys(self.gradients_)
        self.phase, self.cursor, self.typed = "forward", 0, {}

    def to_backward(self) -> None:
        """All values are there; ∂L/∂L = 1 is where the way back begins."""
        graph = self.expression().graph
        self.values |= graph.forward(self.values)
        self.gradients_ = {**dict.fromkeys(self.values), graph.loss: 1.0}
        self.phase, self.cursor = "backward", 0

    def step(self) -> Metrics:
        """One stride: an edge (on the way forwards a node), a node, a phase, or a whole update."""
        graph = self.expression().graph
        stride, phase, updates = self.config.stride, self.phase, self.updates
        metrics: Metrics = {}
        while True:
            was = self.phase
            head = graph.edges[self.cursor][0] if was == "backward" else None
            self.move(graph)
            if was == "forward" and self.phase == "backward":
                metrics["loss"] = float(self.values[graph.loss] or 0.0)
            same = was == self.phase == "backward" and graph.edges[self.cursor][0] == head
            more = {"edge": False, "node": same, "phase": self.phase == phase, "update": self.updates == updates}
            if not more[stride]:
                return metrics

    def move(self, graph: chain_rule.Graph) -> None:
        """The smallest thing that happens: a value, a gradient over an edge, or an update of one parameter."""
        if self.phase == "forward":
            id = graph.operations[self.cursor]
            self.values[id] = graph.value(id, self.values)
            self.last = ["forward", id, 0, 0.0, self.values[id]]
            self.advance(len(graph.operations))
        elif self.phase == "backward":
            id, i = graph.edges[self.cursor]
            to = graph.nodes[id].arguments[i]
            before = self.gradients_[to] or 0.0
            self.gradients_[to] = before + (self.gradients_[id] or 0.0) * graph.local(id, i, self.values)
            self.last = ["backward", id, i, before, self.gradients_[to]]
            self.advance(len(graph.edges))
        else:
            id = graph.parameters[self.cursor]
            before = self.values[id] or 0.0
            self.values[id] = before - self.config.learning_rate * (self.gradients_[id] or 0.0)
            self.last = ["update", id, 0, before, self.values[id]]
            self.advance(len(graph.parameters))

    def advance(self, moves: int) -> None:
        """To the next move, or to the next phase."""
        self.cursor += 1
        if self.cursor < moves:
            return
        if self.phase == "forward":
            self.to_backward()
        elif self.phase == "backward":
            self.phase, self.cursor = "update", 0
        else:
            self.updates += 1
            self.example = (self.example + 1) % len(self.expression().examples())
            self.take_example()

    def evaluate(self) -> Metrics:
        expression = self.expression()
        graph, losses = expression.graph, {}
        for name, held in (("train_loss", False), ("test_loss", True)):
            each = [
                graph.forward({**self.values, **{k: v for k, v in (("x", x), ("t", t)) if k in graph.nodes}})[
                    graph.loss
                ]
                for x, t in expression.examples(held)
            ]
            losses[name] = sum(each) / len(each)
        return losses

    # ------------------------------------------------------------------ asked and changed

    @action("Type a value or a gradient")
    def type_in(self, at: Node) -> None:
        """A parameter or an input takes the value, and the way back begins anew; a gradient is judged by finite
        differences.
        """
        graph = self.expression().graph
        if at.id not in graph.nodes:
            raise Refused(f"There is no node {at.id!r}: the nodes are {', '.join(graph.nodes)}.")
        if at.value is None or abs(at.value) > MOST:
            raise Refused(f"Type a number from −{MOST:g} to {MOST:g}.")
        if at.what == "value":
            if graph.nodes[at.id].operation:
                raise Refused(f"{graph.nodes[at.id].label} is computed: type the numbers that it is computed from.")
            self.values[at.id] = at.value
            self.typed, self.last = {}, []
            self.to_backward()
            return
        if not self.complete:
            raise Refused("The values are not all there yet: let the forward pass end, then type gradients.")
        self.typed[at.id] = at.value
        if self.judged(at.id) and f"{self.updates}: {at.id}" not in self.right:
            self.right = [*self.right, f"{self.updates}: {at.id}"]

    def judged(self, id: str) -> bool:
        """Whether the typed gradient agrees with the finite difference."""
        slope = self.expression().graph.difference(id, self.values)[0]
        return math.isclose(self.typed[id], slope, rel_tol=RIGHT[0], abs_tol=RIGHT[1])

    def shown(self, id: str) -> float | None:
        """The gradient of a node, if it may be seen."""
        if self.config.reveal == "computed":
            return self.gradients_[id]
        return self.exact()[id] if id in self.typed and self.judged(id) else None

    @probe("Check by finite differences")
    def finite_difference(self, at: Node) -> Equation:
        """The slope at a node, by moving it a little up and a little down."""
        graph = self.expression().graph
        if at.id not in graph.nodes:
            raise Refused(f"There is no node {at.id!r}: the nodes are {', '.join(graph.nodes)}.")
        if self.config.reveal == "typed" and self.shown(at.id) is None:
            raise Refused("This one is yours to work out: type it, and it is checked.")
        return chain_rule.difference(graph, self.values, at.id, self.gradients_[at.id])

    # ------------------------------------------------------------------ views

    @view("The graph", stage=True, ask="finite_difference", edit="type_in")
    def graph(self) -> Graph:
        """Every value below, every gradient under it; what is lit has just happened."""
        graph = self.expression().graph
        gradients = {id: self.shown(id) for id in graph.nodes}
        return chain_rule.picture(graph, self.values, gradients, self.last, self.phase)

    @view("This step", stage=True)
    def this_step(self) -> Equation:
        """What has just happened, with its numbers."""
        graph = self.expression().graph
        secret = self.config.reveal == "typed" and self.last[:1] == ["backward"]
        return chain_rule.move(graph, self.values, self.gradients_, self.last, self.config.learning_rate, secret)

    @view("Multiply along paths, add across them")
    def paths(self) -> Choices[Equation]:
        """The gradient of a parameter, as a sum over all paths from the loss to it."""
        graph = self.expression().graph
        secret = self.config.reveal == "typed" or not self.complete
        ids = sorted(graph.parameters, key=lambda id: -len(list(graph.paths(id))))
        return Choices.of({graph.nodes[id].label: chain_rule.paths(graph, self.values, id, secret) for id in ids})

    @view("Checked by finite differences")
    def checked(self) -> Table:
        """Every gradient twice: by the chain rule, and by moving the node a little."""
        graph = self.expression().graph
        columns = [Column("node"), Column("value", digits=4), Column("backpropagation", digits=4)]
        columns += [Column("finite difference", digits=4), Column("you typed", digits=4), Column("")]
        rows = []
        for id, node in graph.nodes.items():
            gradient = self.shown(id)
            slope = graph.difference(id, self.values)[0] if self.complete and gradient is not None else None
            verdict = "" if id not in self.typed else "right" if self.judged(id) else "wrong: the slope is another"
            rows.append([node.label, self.values[id], gradient, slope, self.typed.get(id), verdict])
        return Table(columns=columns, rows=rows, caption=f"Gradients typed right so far: {len(self.right)}")
