// Holds a conversation through the published Direct Line client and prints what the worker said, one JSON string a line.
//
//   node converse.cjs DIRECT_LINE_URL TOKEN MESSAGE...
//
// Each message is sent once the one before it is answered. Ends with 1 when an answer does not come in time.
'use strict';

// The client was made for browsers.
global.XMLHttpRequest = require('xhr2');
global.window = global;
global.WebSocket ??= class {}; // named by the client even where it polls
const { ConnectionStatus, DirectLine } = require('botframework-directlinejs');

const PATIENCE = 20_000;
const [domain, token, ...messages] = process.argv.slice(2);
const user = { id: 'visitor', name: 'Visitor' };
const client = new DirectLine({ domain, token, webSocket: false, pollingInterval: 200 });

const giveUp = (why) => {
  console.error(why);
  process.exit(1);
};
setTimeout(() => giveUp('no answer in time'), PATIENCE);

client.connectionStatus$
  .filter((status) => status === ConnectionStatus.FailedToConnect || status === ConnectionStatus.ExpiredToken)
  .subscribe((status) => giveUp(`connection: ${ConnectionStatus[status]}`));

const say = () => {
  if (messages.length === 0) {
    client.end();
    process.exit(0);
  }
  const text = messages.shift();
  client
    .postActivity({ type: 'message', from: user, text })
    .subscribe((id) => id === 'retry' && giveUp('the message was not taken'), (error) => giveUp(String(error)));
};

client.activity$
  .filter((activity) => activity.type === 'message' && activity.from.id !== user.id)
  .subscribe((activity) => {
    console.log(JSON.stringify(activity.text));
    say();
  }, (error) => giveUp(String(error)));

say();
