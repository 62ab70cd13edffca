# What type checkers see: the module itself imports nothing until it is asked for.
from maskeditor.api import Agreement as Agreement
from maskeditor.api import Comparison as Comparison
from maskeditor.api import Image as Image
from maskeditor.api import ImageInfo as ImageInfo
from maskeditor.api import Mask as Mask
from maskeditor.api import MaskEditorError as MaskEditorError
from maskeditor.api import Recipe as Recipe
from maskeditor.api import Signals as Signals
from maskeditor.api import Table as Table
from maskeditor.api import apply as apply
from maskeditor.api import batch as batch
from maskeditor.api import clusters as clusters
from maskeditor.api import compare as compare
from maskeditor.api import compare_all as compare_all
from maskeditor.api import info as info
from maskeditor.api import methods as methods
from maskeditor.api import montage as montage
from maskeditor.api import open_image as open_image
from maskeditor.api import operations as operations
from maskeditor.api import recipe as recipe
from maskeditor.api import report as report
from maskeditor.api import resample as resample
from maskeditor.api import run as run
from maskeditor.api import save_image as save_image
from maskeditor.api import save_labels as save_labels
from maskeditor.api import save_mask as save_mask
from maskeditor.api import script as script
from maskeditor.api import signals as signals
from maskeditor.api import statistics as statistics
from maskeditor.api import unmask as unmask

__version__: str
__all__: tuple[str, ...]
