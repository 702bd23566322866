"""What a pin library says becomes a name and a sentence."""

from __future__ import annotations

import pytest
from gpiozero.exc import BadPinFactory, GPIOPinInUse, PinInvalidPin, PinPWMUnsupported

from hardware import HardwareError, PinError
from hardware.errors import NoGpioError, NoSuchPinError, PinBusyError, PinPermissionError, from_gpio


@pytest.mark.parametrize(
    ("error", "kind", "builtin"),
    [
        (BadPinFactory("Unable to load any default pin factory!"), NoGpioError, OSError),
        (PermissionError(13, "Permission denied"), PinPermissionError, PermissionError),
        (RuntimeError("can not open gpiochip"), PinPermissionError, OSError),
        (RuntimeError("'GPIO busy'"), PinBusyError, OSError),
        (RuntimeError(), PinError, OSError),
        (GPIOPinInUse("pin GPIO17 is already in use"), PinBusyError, OSError),
        (PinInvalidPin("99 is not a valid pin name"), NoSuchPinError, ValueError),
        (PinPWMUnsupported("PWM is not supported"), NoSuchPinError, ValueError),
    ],
)
def test_what_the_libraries_say_gets_a_name(error, kind, builtin):
    """Each failure becomes one named error, also the builtin it resembles, with a sentence."""
    named = from_gpio(error, "buzzer", 17)
    assert type(named) is kind
    assert isinstance(named, HardwareError)
    assert isinstance(named, builtin)
    assert "17" in str(named)
    assert str(named).endswith(".")
