/**
 * A binary cache of files over HTTP in a process of its own, for `kill.test.ts`: `DIRECTORY PORT`.
 */
import { createServer } from 'node:http';
import { argv } from 'node:process';
import { createRequestListener } from '@remix-run/node-fetch-server';
import { createHandler } from 'narkit/handler';
import { FileStore } from 'narkit/node';

const [, , directory = '', port] = argv;
const handler = createHandler(new FileStore(directory), { write: true });
createServer(createRequestListener(handler)).listen(Number(port), '127.0.0.1');
