using System.Globalization;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests;

/// <summary>What to measure, and on what.</summary>
internal sealed record Settings
{
    /// <summary>Names of scenarios or groups; <c>all</c> for everything.</summary>
    public required IReadOnlyList<string> Verbs { get; init; }
    public string Synthea { get; init; } = "../shared/data/synthea";
    public string Examples { get; init; } = "../shared/data/fhir-r4/examples-4.0.1.ndjson.gz";
    public int? Patients { get; init; }
    public int Rounds { get; init; } = 3;
    public double Seconds { get; init; } = 3;
    public int Callers { get; init; } = 64;
    public int? Rate { get; init; }
    public ulong Seed { get; init; } = 1;
    public string Folder { get; init; } = Path.GetTempPath();

    /// <summary>Where reports are written; none when null.</summary>
    public string? Out { get; init; }
    public bool Markdown { get; init; }

    /// <summary>A README whose table is made anew; none when null.</summary>
    public string? Readme { get; init; }

    /// <summary>Why aims are missed, told in the table.</summary>
    public string Causes => "loadtests/causes.txt";

    /// <summary>What to compare with; when it is not there, nothing is compared.</summary>
    public string Baseline { get; init; } = "loadtests/baselines/two-cores.json";

    /// <summary>Where to keep this run as a baseline; nowhere when null.</summary>
    public string? BaselineOut { get; init; }

    /// <summary>Whether a figure that is worse than the baseline's fails the run.</summary>
    public bool Strict { get; init; }
    public bool Smoke { get; init; }

    /// <summary>Growth to 100,000 patients, and to 100,000 resources of one.</summary>
    public bool Full { get; init; }

    /// <summary>Submissions on their way at once, as <c>patientgrains import</c> has them by default.</summary>
    public int Lanes => 64;

    /// <summary>Resources of the patient whose activation is measured.</summary>
    public int LargePatient => Smoke ? 100 : 5000;

    /// <summary>Resources of the patient that is read whole.</summary>
    public int WholePatient => Smoke ? 50 : 2000;

    /// <summary>People and programs come independently of each other, so arrivals are Poisson unless a scenario says otherwise.</summary>
    /// <param name="perSecond">Unless the command line says another rate.</param>
    public OpenLoad Open(double perSecond) => new(new PoissonArrivals(Rate ?? perSecond, Seed), WarmUp, TimeSpan.FromSeconds(Seconds));

    public ClosedLoad Closed(int callers) => new(callers, WarmUp, TimeSpan.FromSeconds(Seconds), Math.Max(1, Rounds - 1));

    public TurnsLoad Turns(int warmUps = 1) => new(Rounds, Smoke ? 0 : warmUps);

    private TimeSpan WarmUp => Smoke ? TimeSpan.Zero : TimeSpan.FromSeconds(Seconds / 2);

    /// <summary>Patients of the live scenarios.</summary>
    public int Inpatients => Smoke ? 60 : 1000;

    /// <summary>Subscribers of the live scenarios.</summary>
    public int Subscribers => Smoke ? 10 : 100;

    /// <returns>Null when the arguments are not to be understood.</returns>
    public static Settings? Parse(string[] args)
    {
        string[] verbs = [.. args.TakeWhile(arg => !arg.StartsWith("--", StringComparison.Ordinal))];
        if (verbs.Length == 0)
            return null;
        var settings = new Settings { Verbs = verbs };
        for (int i = verbs.Length; i < args.Length; i++)
        {
            if (args[i] == "--smoke")
                settings = settings with { Smoke = true, Patients = 3, Rounds = 1, Seconds = 0.3, Callers = 8, Rate = 200 };
            else if (args[i] == "--markdown")
                settings = settings with { Markdown = true };
            else if (args[i] == "--full")
                settings = settings with { Full = true };
            else if (args[i] == "--strict")
                settings = settings with { Strict = true };
            else if (++i == args.Length || settings.With(args[i - 1], args[i]) is not { } next)
                return null;
            else
                settings = next;
        }
        return settings;
    }

    private Settings? With(string option, string value)
    {
        switch (option)
        {
            case "--synthea":
                return this with { Synthea = value };
            case "--examples":
                return this with { Examples = value };
            case "--folder":
                return this with { Folder = value };
            case "--out":
                return this with { Out = value };
            case "--readme":
                return this with { Readme = value };
            case "--baseline":
                return this with { Baseline = value };
            case "--baseline-out":
                return this with { BaselineOut = value };
        }
        if (!double.TryParse(value, CultureInfo.InvariantCulture, out double number) || number <= 0)
            return null;
        return option switch
        {
            "--patients" => this with { Patients = (int)number },
            "--rounds" => this with { Rounds = (int)number },
            "--seconds" => this with { Seconds = number },
            "--callers" => this with { Callers = (int)number },
            "--rate" => this with { Rate = (int)number },
            "--seed" => this with { Seed = (ulong)number },
            _ => null,
        };
    }
}
