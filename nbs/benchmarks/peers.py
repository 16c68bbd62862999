"""This library beside torchreid and fast-reid, each trained from random weights on the same images. The peers' own
code makes network, loss, optimizer, sampler and augmentation; their schedules are squeezed into the steps that are
asked for, padding is scaled to the input's height. All features are judged by this library: cosine distances, and
re-ranked with the same values. The budget is a number of epochs' worth of images, or CPU seconds. Each training has a
process of its own, on one thread, without a GPU. Beside their checkouts the peers need `gdown`, fast-reid `yacs` too.

The peers' recipes are the best that they document for a start from random weights:

- `torchreid-sgd`: OSNet x0.5, SGD at 0.065, divided by ten at 150, 225 and 300 of 350 epochs, flip, crop and erasing
  (the paper, and the author in issue 217 of KaiyangZhou/deep-person-reid);
- `torchreid-sgd-flip`: the same with flip alone, as erasing costs a short training more than it gives;
- `torchreid-amsgrad`: OSNet x0.5, AMSGrad at 0.0015, divided by ten at 80 and 160 of 180 epochs, flip (this network's
  configuration, with the rate for batches of 64; without its first epochs for the classifier alone);
- `fastreid-sbs`: ResNet-18, SBS (Base-SBS.yml), without its freezing of a pretrained network;
- `fastreid-sbs-10`: the same with ten times its rate and four images a person.

    python nbs/benchmarks/peers.py peers-12 --data splits/dev0.csv --epochs 12 --torchreid deep-person-reid
    python nbs/benchmarks/peers.py peers-360 --data splits/dev0.csv --seconds 360 --fastreid fast-reid
"""
import io, json, random, sys, time
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

import numpy as np
import torch
from fastcore.script import call_parse
from torch.utils.data import BatchSampler, DataLoader

from reid_nb.core import ReIDError, atomic_write
from reid_nb.data import read_dataset
from small import check_looks, folder_of, memory, read_lines, result, scores, tables, told_result
from small import train as train_ours

OURS = {'ours-osnet': ('along2021', 'model.backbone=osnet_x0_5 model.size=[96,48] train.precision=fp32'),
        'ours-resnet18': ('along2021', 'model.backbone=resnet18 model.size=[96,48] train.precision=fp32'),
        'ours-resnet10t': ('along2021', 'model.backbone=resnet10t model.size=[96,48]')}
THEIRS = {'torchreid-sgd': ('torchreid', 'sgd random_flip random_crop random_erase'),
          'torchreid-sgd-flip': ('torchreid', 'sgd random_flip'),
          'torchreid-amsgrad': ('torchreid', 'amsgrad random_flip'),
          'fastreid-sbs': ('fastreid', 'lr=0.00035 k=16'), 'fastreid-sbs-10': ('fastreid', 'lr=0.0035 k=4')}
BATCH = 64       # Images of a step, of both peers' configurations

def items_of(rows, root):
    "(path, person, camera) of each row, as both peers have it."
    return [(str(root/file), int(pid), int(camid)) for file, pid, camid in zip(rows.file, rows.pid, rows.camid)]

def endless(loader):
    "Batches, epoch after epoch."
    while True: yield from loader

class Torchreid:
    "torchreid's OSNet x0.5 and its softmax engine."
    decays = dict(sgd=(150/350, 225/350, 300/350), amsgrad=(80/180, 160/180))
    rates = dict(sgd=0.065, amsgrad=0.0015)
    def __init__(self, data, how, size, steps):
        import torchreid
        optim, *transforms = how.split()
        rows, test = data.rows('train'), data.rows('test')
        number = {pid: i for i, pid in enumerate(np.unique(rows.pid))}
        train = [(path, number[pid], camid) for path, pid, camid in items_of(rows, data.root)]
        parts = [items_of(test[test.role == role], data.root) for role in ('query', 'gallery')]
        class OwnData(torchreid.data.ImageDataset):
            def __init__(self, root='', **kwargs): super().__init__(train, *parts, **kwargs)
        torchreid.data.register_image_dataset('own', OwnData)
        self.manager = torchreid.data.ImageDataManager(
            sources='own', height=size[0], width=size[1], transforms=transforms, batch_size_train=BATCH,
            batch_size_test=BATCH, use_gpu=False, workers=0)
        self.model = torchreid.models.build_model(
            'osnet_x0_5', len(number), loss='softmax', pretrained=False, use_gpu=False)
        optimizer = torchreid.optim.build_optimizer(self.model, optim=optim, lr=self.rates[optim])
        milestones = [round(share*steps) for share in self.decays[optim]]
        scheduler = torchreid.optim.build_lr_scheduler(optimizer, 'multi_step', stepsize=milestones)
        self.engine = torchreid.engine.ImageSoftmaxEngine(self.manager, self.model, optimizer, scheduler, use_gpu=False)
        self.engine.set_model_mode('train')
        self.batches = endless(self.manager.train_loader)
    def step(self):
        loss = self.engine.forward_backward(next(self.batches))['loss']
        self.engine.update_lr()
        return loss
    def embed(self, rows, root):
        "Features of the rows, in their order."
        from torchreid.utils.tools import read_image
        pictures = [self.manager.transform_te(read_image(path)) for path, *_ in items_of(rows, root)]
        self.engine.set_model_mode('eval')
        return torch.cat([self.model(batch) for batch in torch.stack(pictures).split(BATCH)])

class FastReID:
    "fast-reid's ResNet-18 by its configuration SBS, with its steps written out: no GPU, no mixed precision."
    warmup, epochs = 2000/(60*202), 60 # 202 steps are an epoch of Market-1501
    def __init__(self, data, how, size, steps):
        import collections, collections.abc
        collections.Mapping = collections.abc.Mapping # Which fast-reid takes from where Python had it before 3.10
        import fastreid
        from fastreid.config import get_cfg
        from fastreid.data.build import fast_batch_collator
        from fastreid.data.common import CommDataset
        from fastreid.data.samplers import NaiveIdentitySampler
        from fastreid.data.transforms import build_transforms
        from fastreid.modeling import build_model
        from fastreid.solver import build_lr_scheduler, build_optimizer
        from fastreid.utils.events import EventStorage
        own = dict(text.split('=') for text in how.split())
        self.steps, items = steps, items_of(data.rows('train'), data.root)
        cfg = self.cfg = get_cfg()
        cfg.merge_from_file(str(Path(fastreid.__file__).parents[1]/'configs'/'Base-SBS.yml'))
        changes = {
            'MODEL.DEVICE': 'cpu', 'MODEL.BACKBONE.DEPTH': '18x', 'MODEL.BACKBONE.FEAT_DIM': 512,
            'MODEL.BACKBONE.WITH_NL': False, 'MODEL.BACKBONE.PRETRAIN': False, 'MODEL.FREEZE_LAYERS': [],
            'MODEL.HEADS.NUM_CLASSES': len({pid for _, pid, _ in items}), 'SOLVER.AMP.ENABLED': False,
            'SOLVER.BASE_LR': float(own['lr']), 'SOLVER.IMS_PER_BATCH': BATCH,
            'SOLVER.WARMUP_ITERS': round(self.warmup*steps), 'DATALOADER.NUM_INSTANCE': int(own['k']),
            'INPUT.SIZE_TRAIN': list(size), 'INPUT.SIZE_TEST': list(size),
            'INPUT.PADDING.SIZE': max(1, round(10*size[0]/256))}
        for key, value in changes.items(): cfg.merge_from_list([key, value])
        dataset = CommDataset(items, build_transforms(cfg, is_train=True))
        sampler = BatchSampler(NaiveIdentitySampler(items, BATCH, int(own['k'])), BATCH, True)
        self.batches = endless(DataLoader(dataset, batch_sampler=sampler, collate_fn=fast_batch_collator))
        self.model = build_model(cfg).train()
        self.optimizer, self.parameters = build_optimizer(cfg, self.model)
        self.schedule = build_lr_scheduler(cfg, self.optimizer, max(1, steps/self.epochs))
        self.done, self.storage = 0, EventStorage()
        self.storage.__enter__() # Its losses write there
    def step(self):
        loss = sum(self.model(next(self.batches)).values())
        self.optimizer.zero_grad(set_to_none=False) # Its gradients lie in one block, which has to stay
        loss.backward()
        self.optimizer.step()
        self.parameters.assert_buffer_is_valid()
        self._change_rate()
        return float(loss.detach())
    def _change_rate(self):
        "As its hook does, for `epochs` epochs of equal length."
        solver, before = self.cfg.SOLVER, self.done*self.epochs//self.steps
        self.done += 1
        if self.done <= solver.WARMUP_ITERS: return self.schedule['warmup_sched'].step()
        for epoch in range(before, self.done*self.epochs//self.steps):
            if epoch + 1 > solver.DELAY_EPOCHS: self.schedule['lr_sched'].step()
    def embed(self, rows, root):
        "Features of the rows, in their order."
        from fastreid.data.build import fast_batch_collator
        from fastreid.data.common import CommDataset
        from fastreid.data.transforms import build_transforms
        pictures = CommDataset(items_of(rows, root), build_transforms(self.cfg, is_train=False), relabel=False)
        self.model.eval()
        return torch.cat([self.model(batch) for batch in DataLoader(pictures, BATCH, collate_fn=fast_batch_collator)])

PEERS = dict(torchreid=Torchreid, fastreid=FastReID)

def steps_within(make, seconds, n=12, skipped=3):
    "Steps that fit into the CPU seconds, by the speed of a few."
    peer = make(1000)
    for i in range(skipped + n):
        if i == skipped: began = time.process_time()
        peer.step()
    return max(1, round(seconds*n / (time.process_time() - began)))

def train_theirs(path, recipe, seed, seconds, images, threads, folder, folders=None, size=(96, 48)):
    "Trains a peer and writes result.json."
    torch.set_num_threads(threads)
    library, how = recipe
    sys.path.insert(0, str(folders[library]))
    data = read_dataset(path)
    def make(steps):
        for seeded in (random.seed, np.random.seed, torch.manual_seed): seeded(seed)
        return PEERS[library](data, how, size, steps)
    with redirect_stdout(io.StringIO()):
        steps = round(images/BATCH) if images else steps_within(make, seconds)
        began, at = time.process_time(), time.perf_counter()
        peer = make(steps)
        losses = [peer.step() for _ in range(steps)]
    used, wall = time.process_time() - began, time.perf_counter() - at
    rows = data.rows('test')
    with torch.no_grad(): features = peer.embed(rows, data.root).float()
    np.save(folder/'features.npy', features.numpy())
    shown = steps*BATCH
    parameters = sum(p.numel() for p in peer.model.parameters())
    epochs, loss = shown/len(data.rows('train')), float(np.mean(losses[-20:]))
    found = dict(recipe=recipe, asked=[seconds, images], parameters=parameters, epochs=epochs, images=shown, steps=steps,
                 seconds=used, wall=wall, rate=shown/used, memory=memory(), loss=loss)
    found |= scores(torch.nn.functional.normalize(features).numpy(), rows)
    with atomic_write(folder/'result.json') as tmp: tmp.write_text(json.dumps(found))

def available(folders):
    "The peers' ways whose checkout is there."
    for library, folder in folders.items():
        if not folder or (Path(folder)/library).is_dir(): continue
        raise ReIDError(f"{folder}: holds no folder {library}; give the checkout")
    return {name: how for name, how in THEIRS.items() if folders[how[0]]}

@call_parse
def main(
    out:str,            # Folder for everything that is made; one for each budget
    data:str='',        # Tables of data sets, as splits.py writes them, separated by spaces
    torchreid:str='',   # Folder of a checkout of KaiyangZhou/deep-person-reid
    fastreid:str='',    # Folder of a checkout of JDAI-CV/fast-reid
    recipes:str='',     # Text file with this library's recipes, as for small.py, in place of the usual ones
    epochs:float=12,    # Number of times that each image is shown, on average; 0: by time
    seconds:float=0,    # CPU seconds of a training
    seeds:str='0',      # Of weights, batches and augmentation
    only:str='',        # Names that are trained, separated by spaces; the others are told where they are there
    final:bool=False,   # Look at the part that was kept?
    threads:int=1,      # Of torch
):
    out, paths, seeds = Path(out), [Path(path) for path in data.split()], [int(seed) for seed in seeds.split()]
    check_looks(paths, final)
    given = dict(torchreid=torchreid, fastreid=fastreid)
    folders = {name: folder and str(Path(folder).absolute()) for name, folder in given.items()}
    ours = read_lines(recipes) if recipes else OURS
    ways, found = ours | available(folders), {}
    theirs = partial(train_theirs, folders=folders)
    for seed in seeds:
        for path in paths:
            images = round(epochs*len(read_dataset(path).rows('train'))) if not seconds else 0
            for name, how in ways.items():
                is_there = (folder_of(out, path, name, seed)/'result.json').is_file()
                if only and name not in only.split() and not is_there: continue
                work = train_ours if name in ours else theirs
                got = result(path, name, how, seed, out, [seconds, images], threads, work)
                if got is None: continue
                found[name, path.stem, seed] = got
                print(told_result(path, seed, name, got), flush=True)
    names = [name for name in ways if any(key[0] == name for key in found)]
    table = tables(found, names, [path.stem for path in paths], seeds)
    with atomic_write(out/'table.csv') as tmp: table.to_csv(tmp, index=False)
    print(table.to_string(index=False))
