#!/usr/bin/env python3
"""How large the indexes that pgassay advises for TPC-H are: by its own estimate, by HypoPG, and really built.

usage: sizes.py [--budget 100] [--program target/release/pgassay]

Needs the database that tpch.sh loads. Each index is built in a transaction that is rolled back.
"""
import argparse, os

import common
import tpch


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--budget', type=int, default=100)
    parser.add_argument('--program', default='target/release/pgassay')
    arguments = parser.parse_args()
    connection = common.connect('tpch')
    connection.execute("set maintenance_work_mem = '512MB'")
    report, _ = tpch.advise(arguments.program, os.path.join(common.HOST, 'tpch-snapshot.json'), arguments.budget, [])
    print(f'{"own MB":>8} {"HypoPG":>8} {"built":>8}')
    for index in report['indexes']:
        ddl = common.strip_name(index['ddl'])
        imagined = connection.execute('select hypopg_relation_size(indexrelid) from hypopg_create_index(%s)', (ddl,)).fetchone()[0]
        connection.execute('select hypopg_reset()')
        with connection.transaction(force_rollback=True):
            connection.execute(ddl.replace('index on', 'index bench_size on', 1).encode())
            built = connection.execute("select pg_relation_size('bench_size')").fetchone()[0]
        print(f'{(index["size_bytes"] or 0) / 1e6:>8.1f} {imagined / 1e6:>8.1f} {built / 1e6:>8.1f}  {ddl}', flush=True)


if __name__ == '__main__':
    main()
