// A WebSocket that comes back by itself.

const FORBIDDEN = 4403;

/**
 * Keeps one connection to `path`. `on.message(object)`, `on.picture(blob)`, `on.state(connected)`.
 * Gives `send(object)`; what is sent while there is no connection is dropped, since the screen is stale then.
 */
export function connect(path, subprotocol, token, on) {
  let socket = null;
  let wait = 250;

  const open = () => {
    const url = new URL(path, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    socket = new WebSocket(url, [subprotocol, `token.${token}`]);
    socket.binaryType = "blob";
    socket.onopen = () => {
      wait = 250;
      on.state(true);
    };
    socket.onmessage = ({ data }) => {
      if (data instanceof Blob) on.picture(data);
      else on.message(JSON.parse(data));
    };
    socket.onclose = ({ code }) => {
      on.state(false);
      // The agent was started anew and has another token, which stands in a fresh page.
      if (code === FORBIDDEN) setTimeout(() => location.reload(), 2000);
      else setTimeout(open, wait);
      wait = Math.min(wait * 2, 4000);
    };
  };

  open();
  return (message) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };
}
