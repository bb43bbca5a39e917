"""What Airtable does after its answer is asked for again until it is there."""

import time


def until(what, ask, seconds=20):
    """Asks every 50 ms; gives the first answer that is true."""
    end = time.monotonic() + seconds
    while True:
        if answer := ask():
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.05)
