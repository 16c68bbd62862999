"""Opening, searching and growing an index of many features, beside a NumPy product over the mapped file.
Memory is the most that the process had in all; the product is measured in a process of its own.

    python nbs/benchmarks/index.py index_bench
    python nbs/benchmarks/index.py index_bench --n 100000
"""
import json, multiprocessing, resource, shutil, statistics, time
from pathlib import Path

import numpy as np
import pandas as pd
from fastcore.script import call_parse

from reid_nb.embed import Embeddings
from reid_nb.index import Index

META = dict(weights='benchmark')

def random_features(n, length, seed):
    "(n, length) float32 of length 1."
    x = np.random.default_rng(seed).standard_normal((n, length), dtype=np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)

def named(features, first=0):
    "The features as `Embeddings`, with a name, a camera and a number each."
    numbers = np.arange(first, first + len(features))
    table = pd.DataFrame(dict(file=[f'{i:09}.jpg' for i in numbers], camid=numbers % 8, frame=numbers // 8))
    return Embeddings(features, table, META)

def grow(folder, n, length, part=20_000):
    "Rows per second of adding `n` rows, features and all."
    index, seconds = Index(folder), 0
    for first in range(len(index), n, part):
        embeddings = named(random_features(min(part, n - first), length, first), first)
        start = time.perf_counter()
        index.add(embeddings)
        seconds += time.perf_counter() - start
    return n / seconds if seconds else None

def seconds_of(function, repeats):
    "Median seconds."
    took = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        took.append(time.perf_counter() - start)
    return statistics.median(took)

def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20 # GiB

def open_and_search(folder, length, out):
    "Seconds of opening, of searching one picture and 100, of one camera, and the most memory."
    opened = seconds_of(lambda: len(Index(folder)), 5)
    index, one, many = Index(folder), named(random_features(1, length, -1 % 2**32)), named(random_features(100, length, 7))
    index.search(one)
    found = dict(open=opened, one=seconds_of(lambda: index.search(one), 7), hundred=seconds_of(lambda: index.search(many), 1))
    found['camera'] = seconds_of(lambda: index.search(one, where=dict(camid=3)), 3)
    found['reranked'] = seconds_of(lambda: index.search(one, rerank=100), 3)
    out.send(found | dict(memory=peak()))

def product(folder, length, out):
    "Seconds of a product over the mapped file, and of the ten first of it."
    x = np.memmap(folder/'features-0.f32', np.float32, 'r').reshape(-1, length)
    q = random_features(1, length, 3)[0]
    def search(): return np.argpartition(x @ q, -10)[-10:]
    search()
    out.send(dict(product=seconds_of(lambda: x @ q, 7), plain=seconds_of(search, 7), plain_memory=peak()))

@call_parse
def main(
    out:str,           # Folder for the index
    n:int=1_000_000,   # Features
    length:int=512,    # Of a feature
):
    folder = Path(out)/f'{n}x{length}'
    speed = grow(folder, n, length)
    results = dict(rows_per_second=speed)
    fork = multiprocessing.get_context('spawn')
    for task in (product, open_and_search, product, open_and_search):
        receive, send = fork.Pipe(False)
        process = fork.Process(target=task, args=(folder, length, send))
        process.start()
        results |= receive.recv()
        process.join()
    for name, value in results.items():
        if value is not None: print(f'{name:16} {value:12,.3f}')
    print(f"one picture, as a multiple of the product: {results['one'] / results['product']:.2f}")
    (Path(out)/f'{n}x{length}.json').write_text(json.dumps(results, indent=1))
