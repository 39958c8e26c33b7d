// The search runs in a worker, which browsers refuse to pages without a server: there it runs in a hidden frame.
"use strict";

if (location.protocol === "file:") {
  window.Worker = class {
    #frame = document.createElement("iframe");
    #loaded;

    constructor(url) {
      this.#frame.hidden = true;
      document.body.append(this.#frame);
      const scope = this.#frame.contentWindow;
      scope.postMessage = (data) => setTimeout(() => this.onmessage?.(messageOf(data)));
      const script = scope.document.createElement("script");
      script.src = url;
      script.onerror = (event) => this.onerror?.(event);
      this.#loaded = new Promise((resolve) => (script.onload = resolve));
      scope.document.head.append(script);
    }

    async postMessage(data) {
      const message = messageOf(data);
      await this.#loaded;
      setTimeout(() => this.#frame.contentWindow?.onmessage(message));
    }

    terminate() {
      this.#frame.remove();
    }
  };

  const messageOf = (data) => new MessageEvent("message", { data: structuredClone(data) });
}
