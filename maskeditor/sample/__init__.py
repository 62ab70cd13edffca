"""The embedded sample: a head whose true brain is known, as a T1-weighted image and as an EPI.

It is made of arrays alone; it imports the engine and nothing else of the program.
"""
