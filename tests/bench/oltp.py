#!/usr/bin/env python3
"""What pgassay advises for a transactional workload (fixtures/oltp), and what that is worth.

usage: oltp.py [--program target/release/pgassay] [--runs 5] [-- ARGUMENTS of advise]

Every statement runs on the filled server for its time; the snapshot gets those times and the weights as calls. The
advised indexes are really built, in a transaction that is rolled back for the costs, then for good for the times, and
dropped again. Prints the cost against that without indexes, reads and writes, each kind of index that was found, the
time of each statement before and after, and fails when the median statement does not gain or one loses over 10 %.
"""
import argparse, json, os, re, statistics, subprocess, sys, time

import common
import tpch

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURE = os.path.join(HERE, '../../fixtures/oltp')
DB = 'oltp'
# a statement faster than this is noise on any machine
FLOOR_MS = 0.05


def load():
    admin = common.connect('postgres')
    if not admin.execute('select 1 from pg_database where datname = %s', (DB,)).fetchone():
        common.recreate(DB)
        connection = common.connect(DB)
        for name in ('schema.sql', 'data.sql'):
            with open(f'{FIXTURE}/{name}') as file:
                connection.execute(file.read().encode())
        common.extensions(connection)
    connection = common.connect(DB)
    # pages are as visible as a server keeps them, however the rows came
    connection.execute('vacuum analyze')
    return connection


def times(connection, items, runs):
    """The least of some runs after one to warm up, ms by the server, with rows and blocks; writes are rolled back."""
    found = {}
    for item in items:
        measured = []
        for _ in range(runs + 1):
            with connection.transaction(force_rollback=True):
                plan = connection.execute(b'explain (analyze, buffers, timing off, format json) ' + item['sql'].encode()).fetchone()[0][0]
            blocks = plan['Plan'].get('Shared Hit Blocks', 0) + plan['Plan'].get('Shared Read Blocks', 0)
            measured.append((plan['Execution Time'], plan['Plan']['Actual Rows'], blocks))
        found[item['id']] = min(measured[1:])
    return found


def snapshot(program, connection, items, before, path):
    subprocess.run([program, 'snapshot', tpch.url(DB), '--values', 'keep', '-o', path], check=True, stderr=subprocess.DEVNULL)
    with open(path) as file:
        data = json.load(file)
    template = data['statements']['entries'][0]
    entries = []
    for number, item in enumerate(items, 1):
        (mean, rows, blocks), calls = before[item['id']], item['weight'] * 10
        entries.append(dict(tpch.entry(number, item['sql'], mean, 0, 0, template), calls=calls, shared_blks_hit=blocks * calls, rows=int(rows * calls), total_exec_time=mean * calls))
    data['statements']['entries'] = entries
    data['statements']['state'] = 'read'
    counter = {'insert': 'n_tup_ins', 'update': 'n_tup_upd', 'delete': 'n_tup_del'}
    for table in data['tables']:
        table.update({name: 0 for name in [*counter.values(), 'n_tup_hot_upd']})
        for item in items:
            write = item.get('write')
            if write and write['table'] == table['name']:
                table[counter[write['op']]] += item['weight'] * 10 * write['rows']
                table['n_tup_hot_upd'] += item['weight'] * 10 if write['op'] == 'update' else 0
    with open(path, 'w') as file:
        json.dump(data, file)


def kind(ddl):
    kinds = []
    method = re.search(r' USING (\w+)', ddl)
    if method and method.group(1) != 'btree':
        kinds.append(method.group(1))
    if ' WHERE ' in ddl:
        kinds.append('partial')
    if ' INCLUDE ' in ddl:
        kinds.append('covering')
    if re.search(r'\((\(|\w+\()', ddl.split(' USING ')[-1]):
        kinds.append('expression')
    return kinds or ['plain']


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--program', default='target/release/pgassay')
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('more', nargs='*')
    arguments = parser.parse_args()
    connection = load()
    with open(f'{FIXTURE}/workload.json') as file:
        items = json.load(file)
    before = times(connection, items, arguments.runs)
    path = os.path.join(common.HOST, f'{DB}-snapshot.json')
    snapshot(arguments.program, connection, items, before, path)
    start = time.time()
    done = subprocess.run([arguments.program, 'advise', path, '--format', 'json', *arguments.more], capture_output=True, text=True)
    if done.returncode > 1:
        sys.exit(done.stderr)
    report, seconds = json.loads(done.stdout), time.time() - start
    ddls = [index['ddl'].replace('CONCURRENTLY ', '') for index in report['indexes'] if index['action'] == 'create']
    print(f'{len(ddls)} indexes in {seconds:.1f} s, {(report.get("what_if") or {}).get("calls")} questions')
    for ddl in ddls:
        print('  ', ', '.join(kind(ddl)), '|', ddl)
    sys.exit(measured(connection, items, before, ddls, arguments.runs))


def measured(connection, items, before, ddls, runs):
    explainer = common.Explainer(connection)
    base = sum(explainer.cost(item) * item['weight'] for item in items)
    existing = common.existing_indexes(connection)
    names = []
    try:
        for number, ddl in enumerate(ddls):
            connection.execute(common.strip_name(ddl).replace('index on ', f'index bench_{number} on ', 1).encode())
            names.append(f'bench_{number}')
        connection.execute('vacuum')
        infos = [common.IndexInfo(connection, ddl) for ddl in ddls]
        reads = sum(explainer.cost(item) * item['weight'] for item in items)
        writes = common.maintenance(items, infos, existing)
        size = sum(connection.execute('select pg_relation_size(%s::regclass)', (name,)).fetchone()[0] for name in names)
        after = times(connection, items, runs)
    finally:
        for name in names:
            connection.execute(f'drop index {name}')
    print(f'cost {100 * (reads + writes) / base:.1f} % of that without indexes (reads {100 * reads / base:.1f}, writes {100 * writes / base:.2f}), '
          f'{size / 1e6:.0f} MB of indexes on {common.heap_bytes(connection) / 1e6:.0f} MB of tables')
    total_before = sum(before[item['id']][0] * item['weight'] for item in items)
    total_after = sum(after[item['id']][0] * item['weight'] for item in items)
    slower, helped = [], []
    for item in items:
        one, two = before[item['id']][0], after[item['id']][0]
        print(f'   {item["id"]:<20} {one:>9.3f} ms -> {two:>9.3f} ms')
        if two < 0.9 * one:
            helped.append(one / max(two, 0.001))
        if two > 1.1 * one and two - one > FLOOR_MS:
            slower.append(item['id'])
    print(f'time {100 * total_after / total_before:.1f} % of that without; {len(helped)} statements faster, median {statistics.median(helped) if helped else 0:.0f} times; slower by over 10 %: {slower or "none"}')
    return 0 if helped and not slower else 1


if __name__ == '__main__':
    main()
