// Loaded before a program that must not outlive the process that started it: when that one is gone, however it ended,
// the channel between them closes and the program is asked to stop. It does not keep the program running by itself.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
