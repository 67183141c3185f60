from dataclasses import dataclass, field, replace


@dataclass
class P:
    x: int = 0
    tags: list = field(default_factory=list)


print(replace(P(), x=1).__class__.__name__)
