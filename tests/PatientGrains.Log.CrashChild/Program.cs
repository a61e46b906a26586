using System.Globalization;
using PatientGrains.Log;
using PatientGrains.Log.CrashChild;

// Load through the journal, until killed or told to stop:
//   <address of the store> <ring> <run> <decisions, 0 for ever> [pragmas]
// Every line on standard output is one write: "open", "ack <log> <position> <text> <hash of the durable head>",
// "fail <kind> <request> <message>", "done". It ends when its standard input does: nobody is left to kill it.
_ = Task.Run(() =>
{
    using var input = Console.OpenStandardInput();
    while (input.ReadByte() >= 0)
        continue;
    Environment.Exit(1);
});
using var ring = KeyRing.Open(args[1]);
string run = args[2];
int decisions = int.Parse(args[3], CultureInfo.InvariantCulture);
await using var log = await Address.Open(args[0], ring, args.Length > 4 ? args[4] : "");
var load = new Load(log, ring, run, decisions == 0 ? int.MaxValue : decisions);
Load.Say("open");
await load.Run();
Load.Say("done");
