// Required before anything else: servers that name no address listen on 127.0.0.1 instead of on all.
const net = require('node:net')
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...given) {
  if (typeof given[0] === 'number' && typeof given[1] !== 'string') given.splice(1, 0, '127.0.0.1')
  else if (typeof given[0] === 'object' && given[0] && 'port' in given[0] && !given[0].host) given[0].host = '127.0.0.1'
  else if (given.length === 0 || typeof given[0] === 'function') given.unshift(0, '127.0.0.1')
  return listen.apply(this, given)
}
