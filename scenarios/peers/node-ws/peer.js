// Echo over ws for Node: a server, or a client that asks one and ends with 0 where all came back.
//
// usage: peer.js serve HOST PORT [TLS-PORT CERTIFICATE KEY]
//        peer.js ask URL
'use strict'
const assert = require('assert')
const fs = require('fs')
const https = require('https')
const { WebSocket, WebSocketServer } = (() => {
  try {
    const ws = require('/usr/share/nodejs/ws')
    return { WebSocket: ws, WebSocketServer: ws.WebSocketServer }
  } catch (e) {
    process.exit(77)
  }
})()

const SIZES = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20]

function echo(server) {
  server.on('connection', c => {
    c.on('message', (data, binary) => c.send(data, { binary }))
    c.on('error', () => {}) // it closes by itself
  })
}

function serve(host, port, secure, certificate, key) {
  const options = { maxPayload: 1 << 24, handleProtocols: offered => offered.has('chat') && 'chat' }
  let waiting = secure ? 2 : 1
  const listening = () => --waiting || console.log('listening')
  echo(new WebSocketServer({ host, port: Number(port), ...options }, listening))
  if (secure) {
    const server = https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) })
    echo(new WebSocketServer({ server, ...options }))
    server.listen(Number(secure), host, listening)
  }
}

// The next event of a connection, with its arguments.
const next = (c, name) => new Promise(resolve => c.once(name, (...args) => resolve(args)))

function failed(e) {
  console.error(e)
  process.exit(1)
}

async function ask(url) {
  const c = new WebSocket(url, ['x', 'chat'], { rejectUnauthorized: false, maxPayload: 1 << 24 })
  c.on('error', failed)
  await next(c, 'open')
  assert.equal(c.protocol, 'chat')
  for (const size of SIZES) {
    for (const binary of [false, true]) {
      const message = Buffer.alloc(size, binary ? 0xff : 'x')
      c.send(message, { binary })
      const [data, kind] = await next(c, 'message')
      assert(message.equals(data) && kind === binary, `${size} octets`)
    }
  }
  const parts = ['a', '\u20ac', '', 'b'] // a message in four fragments
  parts.forEach((part, i) => c.send(part, { fin: i === parts.length - 1 }))
  assert.equal(String((await next(c, 'message'))[0]), 'a\u20acb')
  c.ping('data')
  assert.equal(String((await next(c, 'pong'))[0]), 'data')
  c.close(4001, 'enough')
  assert.equal((await next(c, 'close'))[0], 4001)
  console.log('good')
}

Promise.resolve({ serve, ask }[process.argv[2]](...process.argv.slice(3))).catch(failed)
