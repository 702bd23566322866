"""What can go wrong with a pin, by name, each with a sentence that says what to check."""

from __future__ import annotations

from hardware.errors import HardwareError


class PinError(HardwareError, OSError):
    """Base of everything that keeps the buzzer or the LED from working."""


class NoGpioError(PinError):
    """This machine has no pins, or no library that reaches them."""


class PinPermissionError(PinError, PermissionError):
    """The user may not use the pins."""


class PinBusyError(PinError):
    """Another program, or another part of this one, holds the pin."""


class NoSuchPinError(PinError, ValueError):
    """The number is no usable pin of this board."""


def from_gpio(error: Exception, what: str, pin: int | str) -> PinError:
    """The named error for what gpiozero or its pin library said about the pin of `what`.

    The libraries below gpiozero have errors of their own that share no base: what they mean is
    found by type where that tells, and by their text where it does not.
    """
    kinds = {kind.__name__ for kind in type(error).__mro__}
    text = str(error).lower()
    where = f"the {what} on GPIO {pin}"
    if "BadPinFactory" in kinds:
        return NoGpioError(
            f"No GPIO for {where}: this is no Raspberry Pi, or python3-lgpio is missing "
            "(sudo apt install python3-lgpio)."
        )
    if "PermissionError" in kinds or "permission" in text or "can not open gpiochip" in text:
        return PinPermissionError(
            f"No permission for {where}: add the user to the group gpio "
            "(sudo adduser USER gpio) and log in again."
        )
    if "GPIOPinInUse" in kinds or "busy" in text or "in use" in text:
        return PinBusyError(
            f"GPIO {pin} for the {what} is taken: stop the other program that uses it, or choose "
            "another pin in the settings."
        )
    if kinds & {"PinInvalidPin", "PinInvalidFunction", "PinUnsupported", "PinPWMUnsupported"}:
        return NoSuchPinError(
            f"GPIO {pin} cannot drive the {what}: choose a free pin from 2 to 27 in the settings."
        )
    return PinError(f"No control of {where} ({error or type(error).__name__}): check its wiring.")
