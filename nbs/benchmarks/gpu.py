"""Everything that only a GPU can tell, in one command of less than nine minutes on one H100 or H200; nothing is installed, nothing
downloaded. Each stage is saved when it is done, and a second start goes on with the next.

    python nbs/benchmarks/gpu.py --out gpu.json
    python nbs/benchmarks/gpu.py --out small.json --small      # a rehearsal: small networks and few images, on any machine

  steps    images/s of Learner, bare loop and image-by-image loop in blocks of 50 steps, and peak memory, by network and size
  parts    milliseconds of loader with augmentation, forward, loss, backward and optimizer by CUDA events, and the share of the
           time in which the GPU works (torch's profiler)
  rank     seconds of search and of re-ranking at three sizes of query and gallery
  embed    images/s of `embed` with flip, from pixels in memory
  resume   a training that is stopped and continued: seconds and size of a checkpoint, images/s before and after
  whole    a training of all images end to end, beside the same number of bare steps; once more for the share of the time in which
           the GPU works
  options  as steps, for the first network and size, each of these alone: a CUDA graph (train.graph), compiled augmentations and
           backbone (train.compile), Muon (train.opt); with what was said of one that fell back, and the loss of the last epoch

A stage that would begin after --minutes is left for the next start. Images are noise in the shape of crops: speeds, no scores.
"""
import json, os, tempfile, time, warnings
from itertools import islice
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback
from fastcore.script import call_parse

import step
from batches import make_files
from rerank import features
from reid_nb.data import ReIDData
from reid_nb.embed import embed
from reid_nb.learner import reid_learner
from reid_nb.neighbors import find_neighbors
from reid_nb.recipe import load_recipe
from reid_nb.rerank import k_reciprocal
from reid_nb.runs import RunFile

FULL = dict(networks=('resnet50', 'resnest101'), sizes=((256, 128), (384, 128)), images=8512, p=16, steps=100, block=50, dims=2048,
            rank=((468, 8703), (3368, 15913), (3368, 100_000)), epochs=2, image_by_image=True, workers=12, timed=50,
            options=({'train.graph': True}, {'train.compile': True}, {'train.opt': 'muon', 'train.lr': 0.005}))
SMALL = dict(networks=('test_resnet',), sizes=((32, 16),), images=48, p=2, steps=4, block=2, dims=8,
             rank=((5, 40),), epochs=2, image_by_image=True, workers=0, timed=2,
             options=({'train.graph': True}, {'train.opt': 'muon', 'train.lr': 0.005}))

class Bench:
    "What the stages share: sizes, and files of noise."
    def __init__(self, root, size):
        self.root, self.size = Path(root)/'files', size
        self.root.mkdir(exist_ok=True)
        make_files(self.root, max(size['images'], 4 * size['p'] * size['steps']))
        self.files = sorted(f.name for f in self.root.iterdir())

    def recipe(self, network=None, pixels=None, **changes):
        s = self.size
        return load_recipe('along2021').set(**{'model.backbone': network or s['networks'][0], 'model.size': list(pixels or s['sizes'][0]),
                                               'train.p': s['p'], 'train.warmup': 1, 'train.epochs': s['epochs'], **changes})

    def learner(self, **changes):
        n = self.size['images']
        table = pd.DataFrame(dict(file=self.files[:n], pid=np.arange(n) // 4, camid=0, seq=0, frame=0, subset='train', role='train'))
        return reid_learner(ReIDData(self.root, table, 'noise'), self.recipe(**changes))

def quietly(learn, folder):
    "Seconds of a training."
    with learn.no_bar(), learn.no_logging():
        start = step.clock()
        learn.fit_recipe(folder)
        return step.clock() - start

def steps(bench):
    s, rows = bench.size, []
    for network in s['networks']:
        for pixels in s['sizes']:
            rows.append(step.measure(bench.recipe(network, pixels), bench.root, bench.files, s['steps'], 1, s['block'], s['image_by_image'],
                                     s['workers']))
    return rows

class Laps:
    "Milliseconds between events of the device, by name; read when all is done."
    def __init__(self): self.marks = []
    def mark(self, name):
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        self.marks.append((name, event))

    def medians(self):
        torch.cuda.synchronize()
        laps = {}
        for (_, a), (name, b) in zip(self.marks, self.marks[1:]): laps.setdefault(name, []).append(a.elapsed_time(b))
        return {name: float(np.median(values)) for name, values in laps.items()}

def _steps_with_laps(learn, bare, n, laps):
    laps.mark('start')
    for x, y, _ in islice(learn.dls.train, n):
        laps.mark('loader and augmentation')
        out = bare.model(x)
        laps.mark('forward')
        loss = bare.loss(out, y)
        laps.mark('loss')
        loss.backward()
        laps.mark('backward')
        bare.opt.step()
        bare.opt.zero_grad()
        laps.mark('optimizer')

def _busy_share(work):
    "Share of the time in which the device has work; None where the profiler sees no device."
    from torch.profiler import ProfilerActivity, profile, supported_activities
    if ProfilerActivity.CUDA not in supported_activities(): return None
    with profile(activities=[ProfilerActivity.CUDA]) as seen:
        start = step.clock()
        work()
        seconds = step.clock() - start
    return sum(event.self_device_time_total for event in seen.key_averages()) / 1e6 / seconds

def parts(bench):
    learn = bench.learner()
    bare, n = step.Bare(learn), bench.size['timed']
    _steps_with_laps(learn, bare, n, Laps()) # warm
    laps = Laps()
    _steps_with_laps(learn, bare, n, laps)
    medians = laps.medians()
    total = sum(medians.values())
    shares = {f'share of {name}': value / total for name, value in medians.items()}
    return [medians | shares | dict(busy=_busy_share(lambda: _steps_with_laps(learn, bare, n, Laps())))]

def _seconds(function, runs=2):
    "The least of some runs."
    seconds = []
    for _ in range(runs):
        start = step.clock()
        function()
        seconds.append(step.clock() - start)
    return min(seconds)

def rank(bench):
    rows = []
    for n_q, n_g in bench.size['rank']:
        q, g = features(n_q, n_g, bench.size['dims'], 'trained')
        rows.append(dict(queries=n_q, gallery=n_g, search=_seconds(lambda: find_neighbors(q, g)), rerank=_seconds(lambda: k_reciprocal(q, g))))
    return rows

def embeddings(bench):
    learn = bench.learner()
    items = learn.dls.train.dataset
    pixels = items.images.cpu()
    rows = []
    for precision in ('bf16', 'fp32'):
        seconds = _seconds(lambda: embed(learn.model, items.items, pixels=pixels, precision=precision))
        rows.append(dict(precision=precision, images_a_second=len(pixels) / seconds))
    return rows

class Cut(Callback):
    "Stop in the second epoch."
    def before_batch(self):
        if self.training and (self.epoch, self.iter) == (1, 1): raise KeyboardInterrupt

def resume(bench):
    with tempfile.TemporaryDirectory() as folder:
        learn, start = bench.learner(), step.clock()
        learn.add_cb(Cut())
        try: quietly(learn, folder)
        except KeyboardInterrupt: pass
        first, size = step.clock() - start, (Path(folder)/RunFile.checkpoint).stat().st_size
        again = bench.learner()
        again.loss_recorder.begin(Path(folder))
        load = _seconds(lambda: again.begin_in(folder), 1)
        second = quietly(again, folder)
        rows = again.history.rows
        return [dict(checkpoint_MB=size / 1e6, load=load, first=first, second=second, epochs=[row['seconds'] for row in rows])]

def whole(bench):
    with tempfile.TemporaryDirectory() as folder:
        learn = bench.learner()
        n = len(learn.dls.train) * learn.recipe.train.epochs
        bare = step.Bare(learn)
        bare.seconds([bare.batch] * 3)
        bare_seconds = bare.seconds([bare.batch] * n)
        seconds = quietly(learn, folder)
    with tempfile.TemporaryDirectory() as folder: busy = _busy_share(lambda: quietly(bench.learner(), folder))
    images = n * 4 * bench.size['p']
    return [dict(images=images, seconds=seconds, images_a_second=images / seconds, of_bare=bare_seconds / seconds, busy=busy)]

def options(bench):
    s, rows = bench.size, []
    for change in s['options']:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter('always')
            row = step.measure(bench.recipe(**change), bench.root, bench.files, s['steps'], 1, s['block'], False, 0)
        fell_back = [str(one.message) for one in told if str(one.message).startswith('train.')]
        rows.append(dict(option=' '.join(f'{name}={value}' for name, value in change.items())) | row | dict(told='; '.join(fell_back)))
    return rows

STAGES = dict(steps=steps, parts=parts, rank=rank, embed=embeddings, resume=resume, whole=whole, options=options)

def _saved(out): return json.loads(out.read_text()) if out.is_file() else {}

def _save(out, done):
    "Whole or not at all."
    tmp = out.with_suffix('.tmp')
    tmp.write_text(json.dumps(done, indent=1, default=float))
    os.replace(tmp, out)

def measure_all(out, size, minutes=8.5, say=print):
    "Do what is not yet in `out`; returns what is in it."
    out, began = Path(out), time.monotonic()
    done = _saved(out)
    where = f'{torch.cuda.get_device_name()}, torch {torch.__version__}' if torch.cuda.is_available() else 'no GPU'
    if done.setdefault('where', where) != where: raise SystemExit(f"{out} was begun on {done['where']}, and this is {where}")
    todo = [name for name in STAGES if name not in done]
    if not todo: return done
    with tempfile.TemporaryDirectory() as root, mock.patch.dict(os.environ, REID_CACHE=f'{root}/cache'):
        bench = Bench(root, size)
        for name in todo:
            if time.monotonic() - began > 60 * minutes:
                say(f'{name} and what follows: left for the next start')
                break
            start = time.monotonic()
            done[name] = STAGES[name](bench)
            _save(out, done)
            say(f'{name}, {time.monotonic() - start:.0f} s\n{pd.DataFrame(done[name]).to_string(index=False)}')
    return done

@call_parse
def main(
    out:str='gpu.json',  # What is saved, and continued
    small:bool=False,    # The rehearsal
    minutes:float=8.5,   # After which no stage begins
):
    "Measure what `out` does not hold yet."
    if not (small or torch.cuda.is_available()): raise SystemExit('there is no GPU; --small rehearses on any machine')
    measure_all(out, SMALL if small else FULL, minutes)
