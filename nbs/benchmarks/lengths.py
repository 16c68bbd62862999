"""Is a training that is given ten minutes ever much worse than a shorter one? For each data set the preset `small` is
trained for ten lengths, from a thirtieth of the CPU seconds to all of them, and told which share of the best one's mAP
the longest keeps: what `--minutes` does is the longest. The best of ten is found with the answers and so flatters
itself. Without mirror and re-ranking. Resumable: what is in OUT is not trained again.

    python nbs/benchmarks/splits.py cuhk03_challenge.zip splits
    python nbs/benchmarks/lengths.py lengths --data "splits/n200.csv splits/n500.csv splits/n2000.csv" --seconds 600
"""
from pathlib import Path

import pandas as pd
from fastcore.script import call_parse

from reid_nb.core import atomic_write, import_parts
from reid_nb.data import read_dataset
from reid_nb.options import set_values
from reid_nb.recipe import load_recipe
from small import check_looks, epochs_within, folder_of, result, told, values

SHARES = 1/30, 1/20, 1/13, 1/9, 1/6, 1/4, 1/3, 1/2, 7/10, 1

def lengths(most):
    "Ten numbers of epochs, the last of them `most`; fewer where they are the same."
    return sorted({max(1, round(share*most)) for share in SHARES})

def kept(found):
    "Share of the best length's mAP that the longest has."
    means = [values([got], 'ap').mean() for got in found]
    return means[-1] / max(means)

@call_parse
def main(
    out:str,            # Folder for everything that is made
    data:str='',        # Tables of data sets, as splits.py writes them, separated by spaces
    recipe:str='small', # Preset
    changes:str='',     # As --set of a command
    seconds:float=600,  # CPU seconds of the longest training
    seed:int=0,
    final:bool=False,   # Look at the part that was kept?
    threads:int=1,      # Of torch
):
    import_parts()
    out, paths, rows = Path(out), [Path(path) for path in data.split()], []
    check_looks(paths, final)
    r = load_recipe(recipe).set(**(set_values(changes) | {'seed': seed}))
    for path in paths:
        table = read_dataset(path)
        most, found = epochs_within(table, r, seconds, folder_of(out, path, 'timing', seed)), []
        for n in lengths(most):
            said = f'{changes} train.epochs={n} train.warmup={round(n/12)}'.strip()
            got = result(path, f'{n} epochs', (recipe, said), seed, out, [0, 0], threads)
            if got is None: continue
            found.append(got)
            rows.append({'data': path.stem, 'epochs': n, 'images': got['images'], 'CPU s': round(got['seconds']),
                         'mAP': told([(values([got], 'ap'), got['people'])]), 'loss': round(got['loss'], 2)})
            print(rows[-1], flush=True)
        print(f"{path.stem}: the longest keeps {kept(found):.2f} of the best", flush=True)
    lines = pd.DataFrame(rows)
    with atomic_write(out/'lengths.csv') as tmp: lines.to_csv(tmp, index=False)
    print(lines.to_string(index=False))
