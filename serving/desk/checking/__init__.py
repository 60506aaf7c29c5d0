"""One claim between the queue and two people: taken, prepared, seen a second time, put together and taken apart."""
