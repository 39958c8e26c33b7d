// Loads a page as a document of its own: parts of it can be moved here, and no text is ever turned into HTML.
export function loadPage(url, { signal, method = "GET", type = "", body = null, onUpload = null } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.responseType = "document";
    request.onload = () => resolve(request.response);
    request.onerror = () => reject(new TypeError("no connection"));
    request.onabort = () => reject(new DOMException("", "AbortError"));
    if (onUpload) request.upload.onprogress = onUpload;
    signal?.addEventListener("abort", () => request.abort());
    request.open(method, url);
    if (type) request.setRequestHeader("Content-Type", type);
    request.send(body);
  });
}
