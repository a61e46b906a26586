using System.Diagnostics;
using PatientGrains.Simulation.Mutations;
using PatientGrains.Simulation.Stage;
using System.Globalization;

namespace PatientGrains.Simulation;

/// <summary>The command line. Exit codes: 0 when all is well, 1 when a checker saw something, 2 for a wrong argument.</summary>
internal static class CommandLine
{
    private const int DefaultSeeds = 100;
    private const int TailLines = 60;

    public static async Task<int> Run(string[] args)
    {
        if (Environment.ProcessorCount != OwnProcess.Processors)
            return await OwnProcess.Again(args);
        ThreadPool.GetMaxThreads(out int workers, out _);
        if (workers != 1)
        {
            Console.Error.WriteLine($"The thread pool has {workers} workers: nothing would be repeatable.");
            return 2;
        }
        if (args is ["mutations", .. var names])
            return await MutationRun.Run(names, Console.Out.WriteLine) == 0 ? 0 : 1;
        if (args.Length >= 2 && args[0] == "--seed")
            return await Replay(Number(args[1]), args.Contains("--history"));
        return await Seeds(Option(args, "--seeds") ?? DefaultSeeds, Option(args, "--from") ?? 1);
    }

    private static int? Option(string[] args, string name) =>
        Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? Number(args[at + 1]) : null;

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static async Task<int> Replay(int seed, bool withHistory)
    {
        var report = await Simulator.Run(seed, withHistory ? Console.Out.WriteLine : null);
        if (report.Failure is not null)
            return Tell(report);
        Console.WriteLine($"seed {seed}: well, {report.Events} events, {report.Operations} operations, {report.Lines} lines");
        Console.WriteLine($"digest {report.Digest}");
        return 0;
    }

    private static async Task<int> Seeds(int count, int from)
    {
        var watch = Stopwatch.StartNew();
        var faults = new SortedDictionary<string, long>(StringComparer.Ordinal);
        long events = 0, operations = 0, lines = 0;
        for (int seed = from; seed < from + count; seed++)
        {
            var report = await Simulator.Run(seed);
            if (report.Failure is not null)
                return Tell(report);
            events += report.Events;
            operations += report.Operations;
            lines += report.Lines;
            foreach (var (fault, times) in report.Faults)
                faults[fault] = faults.GetValueOrDefault(fault) + times;
            if ((seed - from + 1) % 100 == 0)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{seed - from + 1} seeds, {(seed - from + 1) / watch.Elapsed.TotalSeconds:N1} seeds/s, {events:N0} events"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{count} seeds from {from}: well, {watch.Elapsed.TotalSeconds:N1} s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{events:N0} events, {operations:N0} operations, {lines:N0} lines delivered; faults:"));
        foreach (var (fault, times) in faults)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {times,10:N0} {fault}"));
        return 0;
    }

    private static int Tell(RunReport report)
    {
        foreach (string line in report.World.History.Tail(TailLines))
            Console.WriteLine(line);
        string why = report.Failure is CheckFailedException ? report.Failure.Message : report.Failure!.ToString();
        Console.WriteLine($"seed {report.Seed} FAILED: {why}");
        Console.WriteLine($"digest {report.Digest}");
        Console.WriteLine($"again: dotnet run -c Release --project tests/PatientGrains.Simulation -- --seed {report.Seed} --history");
        return 1;
    }
}
