"""Parses a message and takes code, value, unit, flag and status of each OBX, again and again.

    hl7_parse.py FILE TIMES       prints the microseconds that one took
"""

import sys
from time import perf_counter

import hl7

with open(sys.argv[1], newline="", encoding="utf-8") as file:
    text = file.read()
times = int(sys.argv[2])
begun = perf_counter()
for _ in range(times):
    message = hl7.parse(text)
    taken = 0
    for obx in message.segments("OBX"):
        for field in (3, 5, 6, 8, 11):
            taken += len(str(obx[field]))
print((perf_counter() - begun) / times * 1e6)
