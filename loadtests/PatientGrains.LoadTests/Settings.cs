using System.Globalization;

namespace PatientGrains.LoadTests;

/// <summary>What to measure, and on what.</summary>
internal sealed record Settings
{
    private static readonly string[] Verbs = ["all", "validate", "import", "read", Import.ColdStart.Verb];

    public required string Verb { get; init; }
    public string Synthea { get; init; } = "../shared/data/synthea";
    public string Examples { get; init; } = "../shared/data/fhir-r4/examples-4.0.1.ndjson.gz";
    public int? Patients { get; init; }
    public int Rounds { get; init; } = 5;
    public double Seconds { get; init; } = 5;
    public int Callers { get; init; } = 64;
    public int Rate { get; init; } = 5000;
    public string Folder { get; init; } = Path.GetTempPath();
    public bool Smoke { get; init; }

    /// <summary>Submissions on their way at once, as <c>patientgrains import</c> has them by default.</summary>
    public int Lanes => 64;

    /// <summary>Resources of the patient whose activation is measured.</summary>
    public int LargePatient => Smoke ? 100 : 5000;

    /// <summary>Resources of the patient that is read whole.</summary>
    public int WholePatient => Smoke ? 50 : 2000;

    /// <returns>Null when the arguments are not to be understood.</returns>
    public static Settings? Parse(string[] args)
    {
        if (args.Length == 0 || !Verbs.Contains(args[0]))
            return null;
        var settings = new Settings { Verb = args[0] };
        for (int i = 1; i < args.Length; i++)
        {
            if (args[i] == "--smoke")
                settings = settings with { Smoke = true, Patients = 3, Rounds = 1, Seconds = 0.3, Callers = 8, Rate = 200 };
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
            _ => null,
        };
    }
}
