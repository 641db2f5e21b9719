// Parses a message and takes code, value, unit, flag and status of each OBX, again and again.
//
//     node hl7_parse.js MODULES FILE TIMES       prints the microseconds that one took
const [modules, file, times] = process.argv.slice(2)
const { Message } = require(`${modules}/node-hl7-client`)

const text = require('fs').readFileSync(file, 'utf8').replace(/\r$/, '')
const begun = process.hrtime.bigint()
let taken = 0
for (let time = 0; time < Number(times); time += 1) {
  const message = new Message({ text })
  message.get('OBX').forEach((obx) => {
    for (const field of ['3.1', '5', '6.1', '8', '11']) taken += obx.get(field).toString().length
  })
}
if (taken === 0) throw new Error('nothing was taken')
console.log(Number(process.hrtime.bigint() - begun) / 1000 / Number(times))
