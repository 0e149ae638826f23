const t0=performance.now();
const {writeNar}=await import('narkit/nar'); const {dumpPath}=await import('narkit/node');
const t1=performance.now(); let n=0;
for await (const c of writeNar(dumpPath(process.argv[2],{reuseChunks:true}))) n+=c.length;
const t2=performance.now(); console.log('import',(t1-t0).toFixed(0),'walk',(t2-t1).toFixed(0), 'cpu', process.cpuUsage());
