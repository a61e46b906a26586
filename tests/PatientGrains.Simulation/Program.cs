using PatientGrains.Simulation;

// dotnet run -c Release --project tests/PatientGrains.Simulation --
// [--seeds N] [--from SEED] | --seed SEED [--history] | mutations [NAME...]
// From here on everything runs on the thread pool's one worker.
await Task.Yield();
return await CommandLine.Run(args);
