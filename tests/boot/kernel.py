"""A Debian kernel: its image, and its modules in the order in which they load."""

import re


class Kernel:
    """As its package brings it; depmod has never seen it, so the modules themselves are asked what they need."""

    def __init__(self, packages, flavour):
        directory = packages.kernel(flavour)
        (self.image,) = directory.glob("boot/vmlinuz-*")
        (self.config,) = directory.glob("boot/config-*")
        self._files = {module_name(path.name): path for path in directory.rglob("*.ko")}
        built_in = next(directory.glob("lib/modules/*/modules.builtin"))
        self._built_in = {module_name(line.rsplit("/", 1)[-1]) for line in built_in.read_text().split()}

    def modules(self, *names):
        """Files to load, one after the other; what is built in is left out."""
        order = []
        for name in names:
            self._add(module_name(name), order)
        return [self._files[name] for name in order]

    def _add(self, name, order):
        if name in order or name in self._built_in:
            return
        if name not in self._files:
            raise LookupError(f"{self.image.name} has no module {name}, neither built in nor to load")
        needed, algorithms = needed_modules(self._files[name])
        for each in needed:
            self._add(module_name(each), order)
        for each in algorithms:
            if f"{each}_generic" in self._files:
                self._add(f"{each}_generic", order)
        order.append(name)


def module_name(text):
    return text.removesuffix(".ko").replace("-", "_")


def needed_modules(path):
    """What modinfo(8) shows as depends: modules; and as softdep: algorithms, each of which several modules may have."""
    data = path.read_bytes()
    hard = re.search(rb"\0depends=([^\0]*)\0", data)
    soft = re.findall(rb"\0softdep=pre: ([^\0]*)\0", data)
    names = hard.group(1).decode().split(",") if hard else []
    algorithms = [module_name(name).removeprefix("crypto_") for text in soft for name in text.decode().split()]
    return [name for name in names if name], algorithms
