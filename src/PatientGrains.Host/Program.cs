using System.CommandLine;
using PatientGrains.Host.Commands;

// One binary: `patientgrains VERB --help` explains each verb. To add one: a file in Commands/ with a static Build(), and a line here.
var root = new RootCommand("PatientGrains: one durable, encrypted, audited log per patient.")
{
    ServeCommand.Build(),
    ReadyCommand.Build(),
    DemoCommand.Build(),
    GenerateCommand.Build(),
    ImportCommand.Build(),
    PushCommand.Build(),
    WatchCommand.Build(),
    VerifyCommand.Build(),
    EvaluateCommand.Build(),
    AccessCommand.Build(),
    BurdenCommand.Build(),
    TokenCommand.Build(),
    KeysCommand.Build(),
};
var parsed = root.Parse(args);
// A server that is told to stop answers what is under way first: its host waits 30 seconds for that, this a little longer.
int exit = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(40) });
return parsed.Errors.Count > 0 ? Common.CouldNotRun : exit;
