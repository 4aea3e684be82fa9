"""All targets. A new codec's target is added to the list of its module, or a module to this one."""

from . import others, printers, readers, vendors

TARGETS = {
    target.name: target
    for target in (*readers.TARGETS, *others.TARGETS, *printers.TARGETS, *vendors.TARGETS)
}
