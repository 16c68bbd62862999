"Person re-identification from little, noisy data and no pretrained weights, in notebooks"
import warnings

# fastai scripts two functions when it is imported, which recent torch calls deprecated; no user can act on that
warnings.filterwarnings('ignore', '`torch.jit.script', FutureWarning)
