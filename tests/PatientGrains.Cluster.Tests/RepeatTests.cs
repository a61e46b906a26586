using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Host.Composition;

namespace PatientGrains.Cluster.Tests;

/// <summary>What may be asked twice when the first answer died with its silo.</summary>
public class RepeatTests
{
    /// <summary>A new command has to be looked at: it is repeated unless it is named here and there.</summary>
    [Fact]
    public void Everything_but_answers_to_alerts_may_be_asked_again()
    {
        var commands = typeof(Command).GetCustomAttributes(typeof(JsonDerivedTypeAttribute), false).Cast<JsonDerivedTypeAttribute>();
        var once = commands.Select(command => (Command)RuntimeHelpers.GetUninitializedObject(command.DerivedType))
            .Where(command => !GrainCalls.MayRepeat(command)).Select(command => command.GetType()).ToHashSet();
        Assert.True(once.SetEquals([typeof(AcknowledgeAlert), typeof(SnoozeAlert), typeof(OverrideAlert)]));
    }
}
