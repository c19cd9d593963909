// Stands in for Pinterest's library: replays the queue, tells of each call, and asks for an image where the tag would.
(function () {
  var queue = window.pintrk.queue, partner = {}, tag;

  function send(event, data) {
    new Image().src = "https://ct.pinterest.com/v3/?event=" + encodeURIComponent(event) + "&tid=" + tag +
      "&ed=" + encodeURIComponent(JSON.stringify(data)) + "&pd=" + encodeURIComponent(JSON.stringify(partner));
  }

  function call(command, first, second) {
    window.reportCall(JSON.stringify(Array.prototype.slice.call(arguments)));
    if (command === "load") { tag = first; Object.assign(partner, second); }
    if (command === "set") { Object.assign(partner, first); }
    if (command === "page") { send("init", {}); }
    if (command === "track") { send(first, second); }
  }

  call.version = window.pintrk.version;
  window.pintrk = call;
  queue.forEach(function (args) { call.apply(null, args); });
})();
