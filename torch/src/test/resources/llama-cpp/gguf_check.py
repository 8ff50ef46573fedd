"""Reads GGUF files with Python's gguf: python gguf_check.py F32_FILE FILE...

Prints a line a file: its tensors and how many of them are, byte for byte, what gguf makes of the
numbers of the F32 file.
"""
import sys

import numpy
from gguf import GGUFReader
from gguf.quants import quantize

plain = {tensor.name: tensor for tensor in GGUFReader(sys.argv[1]).tensors}
for name in sys.argv[2:]:
    reader = GGUFReader(name)
    equal = 0
    for tensor in reader.tensors:
        values = numpy.array(plain[tensor.name].data, dtype=numpy.float32)
        expected = quantize(values, tensor.tensor_type)
        equal += expected.tobytes() == tensor.data.tobytes()
    print("tensors", len(reader.tensors), "equal", equal)
