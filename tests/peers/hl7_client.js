// Sends one HL7 message as node-hl7-client does, and prints the acknowledgement, a segment a line.
//
//     node hl7_client.js MODULES PORT FILE
const [modules, port, file] = process.argv.slice(2)
const { Client, Message } = require(`${modules}/node-hl7-client`)

const text = require('fs').readFileSync(file, 'latin1').replace(/\r$/, '')
const outbound = new Client({ host: '127.0.0.1' }).createOutbound({ port: Number(port) }, async (answer) => {
  console.log(answer.getMessage().toString().replaceAll('\r', '\n'))
  process.exit(0)
})
outbound.on('client.connect', () => outbound.sendMessage(new Message({ text })))
