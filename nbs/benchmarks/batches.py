"""Images a second: this library's loader beside torchvision's transforms, image by image in worker processes, which is
how fast-reid and torchreid do it; and the share of a training step that augmentation takes.

    python nbs/benchmarks/batches.py

Both sides read the same JPEG files of about 100 x 250 pixels, augment with the recipe `along2021` (bilinear where
pixels are moved), and end with a batch of 64 images of 256 x 128: ours in bytes, which is what the network takes, and
once more in float32 from 0 to 1, which is what the other side gives. First epochs start from nothing: no worker, no
cache. Rounds of one epoch each are alternated, and the median counts. With --images, a folder of your own takes the
place of the synthetic files, which are drawn so that they have the size in bytes of photographs.
"""
import math, os, random, shutil, tempfile, time
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastai.torch_core import default_device
from fastcore.script import call_parse
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T

from reid_nb.augment import augmentations
from reid_nb.data import ReIDData
from reid_nb.loaders import reid_dls
from reid_nb.losses import reid_loss
from reid_nb.models import recipe_model
from reid_nb.recipe import load_recipe

class LocalGray:
    "Local grayscale of one float image, as it is usually written."
    def __call__(self, x):
        if random.random() > 0.2: return x
        while True:
            s, r = random.uniform(0.02, 0.4) * x[0].numel(), random.uniform(0.3, 1 / 0.3)
            h, w = round(math.sqrt(s * r)), round(math.sqrt(s / r))
            if h > x.shape[1] or w > x.shape[2]: continue
            i, j = random.randint(0, x.shape[1] - h), random.randint(0, x.shape[2] - w)
            patch = x[:, i:i + h, j:j + w]
            patch[:] = (patch * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(0)
            return x

class ImageByImage(Dataset):
    "Decode, resize and augment one file at a time."
    def __init__(self, root, files, size):
        affine = T.RandomAffine(10, scale=(0.9, 1.1), shear=math.degrees(math.atan(0.1)),
                                interpolation=T.InterpolationMode.BILINEAR)
        self.root, self.files = Path(root), list(files)
        self.tfm = T.Compose([T.Resize(size), T.RandomHorizontalFlip(), T.Pad(10), T.RandomCrop(size),
                              T.RandomApply([affine], 0.5), T.ToTensor(), LocalGray(),
                              T.RandomErasing(0.5, (0.02, 0.4), (0.3, 1 / 0.3), (0.5, 0.5, 0.5))])
    def __len__(self): return len(self.files)
    def __getitem__(self, i): return self.tfm(Image.open(self.root/self.files[i]).convert('RGB')), i

def make_files(root, n):
    "Smooth colors with fine noise: about 11 KB a file, as a crop of a person has."
    rng = np.random.default_rng(0)
    for i in range(n):
        h, w = (max(60, int(v)) for v in rng.normal((250, 100), (20, 10)))
        coarse = Image.fromarray(rng.integers(0, 256, (h // 12, w // 12, 3), dtype=np.uint8))
        noisy = np.asarray(coarse.resize((w, h), Image.BICUBIC)).astype(int) + rng.integers(-12, 12, (h, w, 1))
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(root/f'{i:05}.jpeg', quality=90)

def clock():
    "Seconds, when a GPU has done what it was given."
    if torch.cuda.is_available(): torch.cuda.synchronize()
    return time.perf_counter()

def rate(loader, use=lambda x: x):
    "Images a second of an epoch."
    n, start = 0, clock()
    for x, *_ in loader: n += len(use(x))
    return n / (clock() - start)

def floats(x, memory=[]):
    "In one place: memory that is fresh from the system costs more than turning bytes into floats."
    if not memory or memory[0].shape != x.shape: memory[:] = [torch.empty_like(x, dtype=torch.float32)]
    return memory[0].copy_(x).div_(255)

def first_epochs(data, r, workers):
    "Images a second of an epoch from nothing, of both."
    size, bs = r.model.size, r.train.p * r.train.k
    shutil.rmtree(os.environ['REID_CACHE'], ignore_errors=True)
    start = clock()
    n = sum(len(floats(b[0])) for b in reid_dls(data, r).train)
    ours = n / (clock() - start)
    loader = DataLoader(ImageByImage(data.root, data.table.file, size), bs, shuffle=True, num_workers=workers)
    return ours, rate(loader)

def clocked(f):
    "Milliseconds that `f` takes, on a GPU until it is really done."
    start = clock()
    f()
    return 1000 * (clock() - start)

def steps(data, r, n_steps, reps):
    """Medians: milliseconds of a training step on a batch that is there; of the augmentation of a batch; and the share of
    the time in which the network works when the loader brings the batches. A bare step, without ledger and history."""
    dls = reid_dls(data, r)
    model, loss = recipe_model(r, dls.n_ids).to(default_device()).train(), reid_loss(r.loss)
    opt, tfm = torch.optim.SGD(model.parameters(), 1e-3), augmentations(r.augment)
    def train(batches):
        for x, y, _ in batches: opt.zero_grad(); loss(model(x), y).backward(); opt.step()
    batch = dls.train.one_batch()
    train([batch] * 2), tfm(batch[0], split_idx=0)
    found = []
    for _ in range(reps):
        alone, loaded = clocked(lambda: train([batch] * n_steps)), clocked(lambda: train(islice(dls.train, n_steps)))
        augment = np.median([clocked(lambda: tfm(batch[0], split_idx=0)) for _ in range(20)])
        found.append((alone / n_steps, augment, alone / loaded))
    return np.median(found, 0)

@call_parse
def main(
    images:str=None,           # Folder of JPEG files
    n:int=4000,                # Files to make when there is no such folder
    rounds:int=7,              # Epochs of each side
    workers:int=2,             # Of torchvision's side
    backbone:str='resnet50',   # For the share of a step
    batches:str='64',          # Batch sizes for the share of a step
    n_steps:int=2,             # Steps in a row; take 50 on a GPU
    reps:int=3,                # Times that this is done
):
    tmp = tempfile.TemporaryDirectory()
    os.environ['REID_CACHE'] = f'{tmp.name}/cache'
    root = Path(images or f'{tmp.name}/files')
    if not images: root.mkdir(); make_files(root, n)
    files = sorted(str(f.relative_to(root)) for f in root.rglob('*.jp*g'))
    table = pd.DataFrame(dict(file=files, pid=np.arange(len(files)) // 8, camid=0, seq=0, frame=0, subset='train',
                              role='train'))
    data, r = ReIDData(root, table, 'files'), load_recipe('along2021')
    kb = np.mean([(root/f).stat().st_size for f in files]) / 1000
    print(f'{len(files):,} files of {kb:.0f} KB; {os.cpu_count()} cores, torch with {torch.get_num_threads()} threads, '
          f'{default_device()}; torchvision with {workers} workers', flush=True)
    first = np.array([first_epochs(data, r, workers) for _ in range(max(1, rounds // 2))])
    dls = reid_dls(data, r)
    usual = DataLoader(ImageByImage(root, files, r.model.size), 64, shuffle=True, num_workers=workers,
                       persistent_workers=True)
    rate(usual)
    later = []
    for i in range(rounds):
        ours = []
        for n, use in enumerate((lambda x: x, floats)):
            dls.train.sampler.set_epoch(2*i + n)
            ours.append(rate(dls.train, use))
        later.append((*ours, rate(usual)))
    later = np.array(later)
    for name, x in (('first epoch, floats', first), ('later epochs, floats', later[:, 1:]),
                    ('later epochs, bytes', later[:, ::2])):
        low, high = np.percentile(x[:, 0] / x[:, 1], [0, 100])
        print(f'{name}: {np.median(x[:, 0]):,.0f} images/s here, {np.median(x[:, 1]):,.0f} image by image; '
              f'ratio {np.median(x[:, 0] / x[:, 1]):.1f} (rounds from {low:.1f} to {high:.1f})', flush=True)
    for bs in map(int, batches.split()):
        some = r.set(**{'train.p': bs // 4, 'train.k': 4, 'model.backbone': backbone})
        step, tfm, busy = steps(data, some, n_steps, reps)
        print(f'{backbone}, batch {bs}: step {step:.0f} ms; augmentation {tfm:.1f} ms, {100*tfm/step:.2f} %; '
              f'the network works {100*busy:.1f} % of the time', flush=True)
