// The least that a Worker can do: the floor of this workerd, of Miniflare's entry Worker and of the socket.
export default {
  async fetch() {
    return new Response('ok');
  },
};
