using System.Globalization;
using FsCheck;

namespace PatientGrains.Core.Tests;

/// <summary>
/// How cases are drawn: the same ones in every run and on every machine, so that a change is judged by what it changes and a failure can be
/// had again. Others are drawn when somebody asks for them: <c>PATIENTGRAINS_SEED=7 dotnet test ...</c>.
/// </summary>
internal static class Drawn
{
    private const ulong Usual = 20261122;

    private static readonly string? Asked = Environment.GetEnvironmentVariable("PATIENTGRAINS_SEED");

    /// <summary>Where the draws begin.</summary>
    public static Rnd Beginning => new(Asked is null ? Usual : ulong.Parse(Asked, CultureInfo.InvariantCulture));

    /// <summary>So many cases; the first that does not hold fails the test.</summary>
    public static Config Cases(int count = 100) =>
        Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(new Replay(Beginning, null));
}
