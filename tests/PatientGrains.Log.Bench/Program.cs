using PatientGrains.Log.Bench;

// dotnet run -c Release --project tests/PatientGrains.Log.Bench -- <folder with Synthea Bundles (*.json.gz)>
// [parts|bundles|small|hundred-thousand|depth]... [--postgres]
string data = args[0];
string[] all = ["parts", "bundles", "small", "hundred-thousand", "depth"];
var what = args.Skip(1).Where(arg => arg != "--postgres").DefaultIfEmpty("").SelectMany(arg => arg.Length > 0 ? [arg] : all).ToArray();
BenchStore.IsPostgres = args.Contains("--postgres");
var bundles = Synthea.Read(data);
int resources = bundles.Sum(b => b.Events.Count);
Console.WriteLine($"{bundles.Count} patients, {resources:N0} resources, {bundles.Sum(b => b.Bytes) / 1e6:N1} MB of JSON");
foreach (string each in what)
{
    Console.WriteLine($"== {each}");
    switch (each)
    {
        case "parts":
            Parts.Measure(bundles);
            break;
        case "bundles":
            await Whole.Bundles(bundles);
            break;
        case "small":
            await Whole.Small(bundles);
            break;
        case "hundred-thousand":
            await HundredThousand.Measure();
            break;
        case "depth":
            await Whole.Depths();
            break;
    }
}
await BenchStore.End();
