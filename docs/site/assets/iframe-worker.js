// The search runs in a worker, which browsers refuse to pages without a server: there it runs in a hidden frame.
"use strict";

if (location.protocol === "file:") {
  window.Worker = class {
    #frame = document.createElement("iframe");
    #waiting = [];
    #isReady = false;

    constructor(url) {
      this.#frame.hidden = true;
      document.body.append(this.#frame);
      const scope = this.#frame.contentWindow;
      scope.postMessage = (data) => this.onmessage?.(new MessageEvent("message", { data }));
      const script = scope.document.createElement("script");
      script.src = url;
      script.onload = () => this.#deliver();
      script.onerror = (event) => this.onerror?.(event);
      scope.document.head.append(script);
    }

    postMessage(data) {
      this.#waiting.push(data);
      if (this.#isReady) this.#deliver();
    }

    terminate() {
      this.#frame.remove();
    }

    #deliver() {
      this.#isReady = true;
      const scope = this.#frame.contentWindow;
      for (const data of this.#waiting.splice(0)) scope.onmessage?.(new MessageEvent("message", { data }));
    }
  };
}
