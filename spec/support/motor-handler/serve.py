"""Serves the GridFS `fs` of a database by Motor's GridFSHandler, on a port that it prints.

Usage: python3 serve.py <uri> <database>. Ends with its standard input, and so with the process that started it.
"""

import asyncio
import os
import sys
import threading

import motor
import motor.web
import tornado.httpserver
import tornado.netutil
import tornado.web


def end_with_input():
    sys.stdin.read()
    os._exit(0)


async def main(uri, database):
    handler = (r"/(.*)", motor.web.GridFSHandler, {"database": motor.MotorClient(uri)[database]})
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    tornado.httpserver.HTTPServer(tornado.web.Application([handler])).add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


threading.Thread(target=end_with_input, daemon=True).start()
asyncio.run(main(*sys.argv[1:]))
