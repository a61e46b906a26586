using System.CommandLine;
using PatientGrains.Host.Commands;

// One binary: `patientgrains VERB --help` explains each verb. To add one: a file in Commands/ with a static Build(), and a line here.
var root = new RootCommand("PatientGrains: one durable, encrypted, audited log per patient.")
{
    ServeCommand.Build(),
    DemoCommand.Build(),
    GenerateCommand.Build(),
    ImportCommand.Build(),
    VerifyCommand.Build(),
    AccessCommand.Build(),
    TokenCommand.Build(),
    KeysCommand.Build(),
};
return await root.Parse(args).InvokeAsync();
