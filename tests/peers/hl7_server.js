// An HL7 receiver as node-hl7-server offers it: it acknowledges what it can parse, and keeps nothing. In this
// version it cannot parse a message whose last segment has an end, and it closes after each answer.
//
//     node hl7_server.js MODULES PORT       prints MSH-10 of each message that it has acknowledged
const [modules, port] = process.argv.slice(2)
const { Server } = require(`${modules}/node-hl7-server`)

new Server({ bindAddress: '127.0.0.1' }).createInbound({ port: Number(port) }, async (request, response) => {
  await response.sendResponse('AA')
  console.log(request.getMessage().get('MSH.10').toString())
})
