"""The Python API: what the command line does, for scripts and notebooks; `import maskeditor` offers all of it."""

from maskeditor.api.applying import apply as apply
from maskeditor.api.applying import unmask as unmask
from maskeditor.api.comparison import compare as compare
from maskeditor.api.comparison import compare_all as compare_all
from maskeditor.api.images import Image as Image
from maskeditor.api.images import info as info
from maskeditor.api.images import open_image as open_image
from maskeditor.api.images import save_image as save_image
from maskeditor.api.masks import Mask as Mask
from maskeditor.api.masks import run as run
from maskeditor.api.masks import save_labels as save_labels
from maskeditor.api.masks import save_mask as save_mask
from maskeditor.api.recipes import methods as methods
from maskeditor.api.recipes import operations as operations
from maskeditor.api.recipes import recipe as recipe
from maskeditor.api.recipes import script as script
from maskeditor.api.resampling import resample as resample
from maskeditor.api.signals import signals as signals
from maskeditor.api.statistics import statistics as statistics
from maskeditor.core.recipe.recipe import Recipe as Recipe
from maskeditor.engine.errors import MaskEditorError as MaskEditorError
from maskeditor.io.columns import Table as Table
from maskeditor.io.open import ImageInfo as ImageInfo
from maskeditor.model.data.agreement import Agreement as Agreement
from maskeditor.model.data.agreement import Comparison as Comparison
from maskeditor.model.data.signals import Signals as Signals
