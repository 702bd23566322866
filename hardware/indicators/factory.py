"""gpiozero's pins by way of lgpio, on the chip of the header, wherever the program is started."""

from __future__ import annotations

import os

from hardware.lines import header_chip

CHOICE = "GPIOZERO_PIN_FACTORY"
"""gpiozero's own variable: whoever names another library there gets it."""

IN_MEMORY = "/dev/shm"  # noqa: S108 - what is made there has a name of its own
"""For what has to be written even where the card is full or read-only."""


def choose() -> None:
    """Let gpiozero use the header's chip by its label. Once; raises what keeps it from it."""
    import gpiozero

    if gpiozero.Device.pin_factory is not None or os.environ.get(CHOICE, "lgpio") != "lgpio":
        return
    number = int(header_chip().name.removeprefix("gpiochip"))
    load_lgpio()
    import lgpio
    from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin
    from gpiozero.pins.local import LocalPiFactory

    class HeaderFactory(LGPIOFactory):  # type: ignore[misc] # gpiozero has no types
        """gpiozero asks for chip 4 on every Pi 5, whatever the kernel calls it."""

        def __init__(self) -> None:
            LocalPiFactory.__init__(self)
            self._handle = lgpio.gpiochip_open(number)
            self._chip = number
            self.pin_class = LGPIOPin

    gpiozero.Device.pin_factory = HeaderFactory()


def load_lgpio() -> None:
    """It makes a pipe in the working directory when it is loaded: give it one, and take it away."""
    import tempfile

    place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    here = os.open(".", os.O_PATH)
    try:
        with tempfile.TemporaryDirectory(prefix="cadence-coach-", dir=place) as folder:
            os.environ["LG_WD"] = folder
            os.chdir(folder)
            try:
                import lgpio  # noqa: F401 - loaded here, used by gpiozero
            finally:
                os.fchdir(here)
    finally:
        os.close(here)
