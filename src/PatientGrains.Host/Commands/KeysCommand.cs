using System.CommandLine;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;
using PatientGrains.Log;
using Spectre.Console;

namespace PatientGrains.Host.Commands;

/// <summary><c>patientgrains keys list|rotate|remove|export</c>: the key ring.</summary>
internal static class KeysCommand
{
    public static Command Build() => new("keys", "Show, rotate or remove key-encryption keys, or export the public key that checkpoints are signed with.")
    {
        Common.Verb("list", "Numbers of the keys in the ring, and which one is current.", (_, settings, _) => List(settings)),
        Common.Verb("rotate", "Make a new key current and wrap every record's data key anew. The store must not be in use.", (_, settings, cancel) => Rotate(settings, cancel)),
        Remove(),
        Common.Verb("export", "Print the public key (PEM) with which anybody can check the signature of a checkpoint.", (_, settings, _) => Export(settings)),
    };

    private static Task<int> List(HostSettings settings)
    {
        using var ring = EmbeddedLog.Ring(settings);
        foreach (uint key in ring.Keys)
            Common.Out.WriteLine(key == ring.CurrentKey ? $"{key}  current" : $"{key}");
        return Task.FromResult(Common.Done);
    }

    private static Command Remove()
    {
        var number = new Argument<uint>("key") { Description = "Number of a key that is not current." };
        return Common.Verb(
            "remove",
            "Remove a key after a rotation: what it alone can unwrap, old backups included, can never be read again.",
            (parsed, settings, _) =>
            {
                using var ring = EmbeddedLog.Ring(settings);
                ring.Remove(parsed.GetValue(number));
                return Task.FromResult(Common.Done);
            },
            number);
    }

    private static async Task<int> Rotate(HostSettings settings, CancellationToken cancel)
    {
        using var ring = EmbeddedLog.Ring(settings);
        await using var log = EmbeddedLog.Open(settings, ring);
        uint key = ring.Rotate();
        int wrapped = await KeyRotation.Rewrap(log, ring, cancel);
        Common.Out.WriteLine($"Key {key} is current; {wrapped} data keys were wrapped anew.");
        return Common.Done;
    }

    private static Task<int> Export(HostSettings settings)
    {
        using var ring = EmbeddedLog.Ring(settings);
        Common.Out.WriteLine(ring.SigningPublicKeyPem());
        return Task.FromResult(Common.Done);
    }
}
