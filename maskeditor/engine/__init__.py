"""Array work: numpy arrays, affines and numbers in, arrays out.

It imports numpy, scipy and itself, raises ValueError, and knows no mask, image, operation, file or window.
Anybody may call any public function of any module here.
"""
