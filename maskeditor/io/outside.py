"""All that operations take from outside the image, for documents."""

from maskeditor.core.operation.outside import Outside
from maskeditor.io.bias_field import bias_field
from maskeditor.io.templates import TEMPLATES

OUTSIDE = Outside(TEMPLATES, bias_field)
