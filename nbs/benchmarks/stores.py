"""Which store carries an index that is larger than one machine? The folder of `Index`, LanceDB, and Qdrant in its two
forms without a server (the client's local mode, and Qdrant Edge, the server's own engine inside the process): adding,
opening, exact search of one picture and of a hundred, of one camera, removing by name, what lies on the disk, the most
memory, and whether the first ten are those of float64. Each store has a process of its own for filling it, and another
for everything else. A store that is not installed is left out.

    pip install lancedb qdrant-client qdrant-edge-py
    python nbs/benchmarks/stores.py stores_bench
    python nbs/benchmarks/stores.py stores_bench --n 1000000 --only "folder lancedb"
"""
import importlib.util, json, multiprocessing, time
from pathlib import Path

import numpy as np
import pandas as pd
from fastcore.script import call_parse

from index import META, named, peak, random_features, seconds_of
from reid_nb.core import atomic_write
from reid_nb.embed import Embeddings
from reid_nb.index import Index

K, PART = 10, 4096

class Folder:
    "The library's own."
    def __init__(self, path, length): self.index = Index(path)
    def add(self, embeddings): self.index.add(embeddings)
    def search(self, q, where=None):
        queries = Embeddings(q, pd.DataFrame(dict(file=[str(i) for i in range(len(q))])), META)
        return self.index.search(queries, K, where).file.to_numpy().reshape(len(q), K)
    def remove(self, names): self.index.remove(names)

class Lance:
    "LanceDB, one table in a folder, without an index of vectors."
    def __init__(self, path, length):
        import lancedb
        self.db = lancedb.connect(str(path))
        self.table = self.db.open_table('rows') if 'rows' in self.db.table_names() else None
    def add(self, embeddings):
        import pyarrow as pa
        flat = pa.array(embeddings.features.ravel())
        columns = pa.Table.from_pandas(embeddings.table, preserve_index=False)
        vectors = pa.FixedSizeListArray.from_arrays(flat, embeddings.features.shape[1])
        columns = columns.append_column('vector', vectors)
        if self.table is None: self.table = self.db.create_table('rows', columns)
        else: self.table.add(columns)
    def search(self, q, where=None):
        found = self.table.search(list(q)).distance_type('dot').limit(K)
        if where: found = found.where(' AND '.join(f'{name} = {value}' for name, value in where.items()), prefilter=True)
        names = found.to_arrow()['file'].to_pylist()
        return np.array(names).reshape(len(q), K)
    def remove(self, names):
        self.table.delete(f"file IN ({', '.join(repr(name) for name in names)})")

class QdrantLocal:
    "qdrant-client without a server: NumPy and SQLite."
    def __init__(self, path, length):
        from qdrant_client import QdrantClient, models
        self.models, self.client, self.n = models, QdrantClient(path=str(path)), 0
        if self.client.collection_exists('rows'): return
        size = models.VectorParams(size=length, distance=models.Distance.COSINE)
        self.client.create_collection('rows', vectors_config=size)
    def add(self, embeddings):
        rows = embeddings.table.to_dict('records')
        ids = range(self.n, self.n + len(rows))
        self.client.upload_collection('rows', embeddings.features, rows, ids)
        self.n += len(rows)
    def search(self, q, where=None):
        m = self.models
        kept = where and m.Filter(must=[m.FieldCondition(key=k, match=m.MatchValue(value=v)) for k, v in where.items()])
        asked = [m.QueryRequest(query=v.tolist(), filter=kept or None, limit=K, with_payload=True) for v in q]
        found = self.client.query_batch_points('rows', asked)
        return np.array([[point.payload['file'] for point in answer.points] for answer in found])
    def remove(self, names):
        m = self.models
        chosen = m.Filter(must=[m.FieldCondition(key='file', match=m.MatchAny(any=list(names)))])
        self.client.delete('rows', m.FilterSelector(filter=chosen))

class QdrantEdge:
    "Qdrant's engine in the process."
    def __init__(self, path, length):
        import qdrant_edge
        self.q, self.n = qdrant_edge, 0
        if path.exists():
            self.shard = qdrant_edge.EdgeShard.load(str(path))
            return
        path.mkdir(parents=True)
        vectors = qdrant_edge.EdgeVectorParams(size=length, distance=qdrant_edge.Distance.Cosine)
        self.shard = qdrant_edge.EdgeShard.create(str(path), qdrant_edge.EdgeConfig(vectors=vectors))
    def add(self, embeddings):
        rows = embeddings.table.to_dict('records')
        points = [self.q.Point(self.n + i, v.tolist(), row) for i, (v, row) in enumerate(zip(embeddings.features, rows))]
        self.shard.update(self.q.UpdateOperation.upsert_points(points))
        self.shard.flush()
        self.n += len(rows)
    def search(self, q, where=None):
        m = self.q
        fields = [m.FieldCondition(key=k, match=m.MatchValue(v)) for k, v in (where or {}).items()]
        kept, exact = m.Filter(must=fields) if fields else None, m.SearchParams(exact=True)
        asked = [m.QueryRequest(K, query=m.Query.Nearest(v.tolist()), filter=kept, params=exact, with_payload=True) for v in q]
        found = self.shard.query_batch(m.QueryBatchRequest(asked))
        return np.array([[point.payload['file'] for point in points] for points in found])
    def remove(self, names):
        m = self.q
        chosen = m.Filter(must=[m.FieldCondition(key='file', match=m.MatchAny(list(names)))])
        self.shard.update(m.UpdateOperation.delete_points_by_filter(chosen))
        self.shard.flush()

STORES = {'folder': (Folder, 'reid_nb'), 'lancedb': (Lance, 'lancedb'), 'qdrant, local mode': (QdrantLocal, 'qdrant_client'),
          'qdrant edge': (QdrantEdge, 'qdrant_edge')}

def fill(name, path, n, length, out):
    "Rows per second of adding, features and all, and the most memory."
    store, seconds = STORES[name][0](path, length), 0
    for first in range(0, n, PART):
        embeddings = named(random_features(min(PART, n - first), length, first), first)
        start = time.perf_counter()
        store.add(embeddings)
        seconds += time.perf_counter() - start
    out.send({'rows/s': n/seconds, 'GiB adding': peak()})

def exact_names(q, n, length):
    "(Q, K) names of the most similar, by float64."
    best = [[] for _ in q]
    for first in range(0, n, PART):
        cosines = q.astype(float) @ random_features(min(PART, n - first), length, first).astype(float).T
        for mine, row in zip(best, cosines):
            at = np.argsort(-row)[:K]
            mine += [(-row[i], first + i) for i in at]
    return np.array([[f'{i:09}.jpg' for _, i in sorted(mine)[:K]] for mine in best])

def ask(name, path, n, length, out):
    "Seconds of opening, searching and removing, and the most memory."
    start = time.perf_counter()
    store = STORES[name][0](path, length)
    q = random_features(100, length, 7)
    opened = time.perf_counter() - start
    store.search(q[:1])
    first = time.perf_counter() - start
    found = {'s opened': opened, 's first answer': first, 's one': seconds_of(lambda: store.search(q[:1]), 7)}
    found['s hundred'] = seconds_of(lambda: store.search(q), 1)
    found['s one camera'] = seconds_of(lambda: store.search(q[:1], dict(camid=3)), 3)
    names = store.search(q)
    found['GiB asking'] = peak()
    found['as float64'] = float((names == exact_names(q, n, length)).all(1).mean())
    gone = [f'{i:09}.jpg' for i in range(0, n, n//1000)]
    found['s 1000 removed'] = seconds_of(lambda: store.remove(gone), 1)
    out.send(found)

def in_process(task, *args):
    "What a task sends from a process of its own."
    spawn = multiprocessing.get_context('spawn')
    receive, send = spawn.Pipe(False)
    process = spawn.Process(target=task, args=(*args, send))
    process.start()
    send.close()
    found = receive.recv()
    process.join()
    return found

def size_on_disk(path): return sum(f.stat().st_size for f in path.rglob('*') if f.is_file()) / 2**20

@call_parse
def main(
    out:str,         # Folder for the stores; each is made once
    n:int=100_000,   # Features
    length:int=512,  # Of a feature
    only:str='',     # Names of stores, separated by commas
):
    chosen = [name.strip() for name in only.split(',')] if only else list(STORES)
    rows = []
    for name in chosen:
        if not importlib.util.find_spec(STORES[name][1]): continue
        path, done = (Path(out)/f'{name}-{n}x{length}{end}'.replace(' ', '-') for end in ('', '.json'))
        if not done.is_file():
            found = in_process(fill, name, path, n, length)
            found['MiB on disk'] = size_on_disk(path)
            found |= in_process(ask, name, path, n, length)
            with atomic_write(done) as tmp: tmp.write_text(json.dumps(found))
        rows.append(dict(store=name) | json.loads(done.read_text()))
        print(json.dumps(rows[-1]), flush=True)
    print(pd.DataFrame(rows).round(3).to_string(index=False))
